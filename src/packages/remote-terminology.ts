/**
 * Asks another terminology server what no code system here can say. Nothing leaves but the value set and the code: no display, no
 * text, nothing of the resource that the code stands in. https://hl7.org/fhir/R4/valueset-operation-validate-code.html
 */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import { request } from 'undici';
import type { Egress } from '../egress/egress.ts';
import { parseResource } from '../fhir/json.ts';
import { createLastUsed } from '../fhir/last-used.ts';
import type { Clock } from '../fhir/resource.ts';
import type { CodeQuestion } from '../terminology/membership.ts';
import type { AskElsewhere } from './terminology-service.ts';

export interface RemoteTerminology {
  /** The FHIR base of the server, without a trailing slash. */
  readonly url: string;
  readonly egress: Egress;
  readonly clock: Clock;
  /** Told when the server does not answer as it should. */
  readonly onFault: (error: unknown) => void;
}

/** How long an answer is good, in ms. */
const GOOD_FOR = 60 * 60 * 1000;
/** After a failure nothing is asked for so long, in ms: writes do not wait for a server that is away. */
const REST = 30 * 1000;
const MAX_KEPT = 10_000;
/** For one answer, in ms: a write waits for it. */
const PATIENCE = 5000;

interface Answer {
  readonly value: boolean | undefined;
  readonly until: number;
}

export function createRemoteTerminology(remote: RemoteTerminology): AskElsewhere {
  const answers = createLastUsed<Answer>(MAX_KEPT);
  const under = new Map<string, Promise<boolean | undefined>>();
  let resting = 0;

  async function ask(key: string, question: CodeQuestion): Promise<boolean | undefined> {
    try {
      const value = await askOnce(remote, question);
      answers.set(key, { value, until: remote.clock().getTime() + GOOD_FOR });
      return value;
    } catch (error) {
      resting = remote.clock().getTime() + REST;
      remote.onFault(error);
      return undefined;
    } finally {
      under.delete(key);
    }
  }

  return async (question) => {
    const key = JSON.stringify([question.valueSet, question.system, question.version, question.code]);
    const now = remote.clock().getTime();
    const known = answers.get(key);
    if (known !== undefined && known.until > now) return known.value;
    if (resting > now) return undefined;
    const running = under.get(key) ?? ask(key, question);
    under.set(key, running);
    return running;
  };
}

/** Undefined where the server answers that it cannot say. Throws where it does not answer. */
async function askOnce({ url, egress }: RemoteTerminology, question: CodeQuestion): Promise<boolean | undefined> {
  const channel = egress.open();
  const { statusCode, body } = await request(`${url}/ValueSet/$validate-code`, {
    method: 'POST',
    dispatcher: channel.dispatcher,
    headers: { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' },
    body: JSON.stringify(questionParameters(question)),
    signal: AbortSignal.timeout(PATIENCE),
  });
  await body.dump({ limit: Number.POSITIVE_INFINITY });
  if (statusCode >= 500 || statusCode === 429) throw new Error(`The terminology server answers ${statusCode}.`);
  return statusCode === 200 ? resultOf(channel.body()) : undefined;
}

function questionParameters({ valueSet = '', system, version, code }: CodeQuestion): Parameters {
  const asked: ParametersParameter[] = [
    { name: 'url', valueUri: valueSet },
    { name: 'code', valueCode: code },
    ...(system === undefined ? [{ name: 'inferSystem', valueBoolean: true }] : [{ name: 'system', valueUri: system }]),
    ...(version === undefined ? [] : [{ name: 'systemVersion', valueString: version }]),
  ];
  return { resourceType: 'Parameters', parameter: asked };
}

/** A negative answer for want of the code system is no answer. */
function resultOf(text: string): boolean | undefined {
  const parameters = parseResource(text) as unknown as Parameters; // looked at part by part below
  const rows = Array.isArray(parameters.parameter) ? parameters.parameter : [];
  const result = rows.find(({ name }) => name === 'result')?.valueBoolean;
  if (typeof result !== 'boolean') return undefined;
  return !result && rows.some(({ name }) => name === 'x-caused-by-unknown-system' || name === 'x-unknown-system') ? undefined : result;
}
