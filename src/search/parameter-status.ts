/** What becomes of the SearchParameters that were put on top of the base: how far each can be searched by. */
import type { SearchParameter } from 'fhir/r4';
import { flawsOf, typesOf } from './check-parameter.ts';
import type { Params } from './params.ts';
import type { Progress } from './readiness.ts';

export interface ParameterStatus {
  readonly url: string;
  readonly code: string;
  /** `disabled`: retired. `unsupported`: `reason` says why. */
  readonly status: 'supported' | 'indexing' | 'disabled' | 'unsupported';
  readonly reason?: string;
  readonly types: readonly string[];
  /** Over all the types that are not done. */
  readonly progress?: Progress;
}

/** Of one URL; undefined where nothing of it is known. */
export function statusOf(params: Params, url: string): ParameterStatus | undefined {
  const parameter = params.registry.resource('SearchParameter', url);
  if (parameter === undefined) return undefined;
  const said = { url: parameter.url, code: parameter.code, types: parameter.base };
  if (!isAdded(params, parameter.url)) return { ...said, status: isBaseInForce(params, parameter) ? 'supported' : 'unsupported' };
  if (parameter.status === 'retired') return { ...said, status: 'disabled' };
  const [flaw] = flawsOf(parameter, params);
  return flaw === undefined ? { ...said, ...readinessOf(params, parameter) } : { ...said, status: 'unsupported', reason: flaw.text };
}

/** Of all that are not of the base, in the order of URLs. */
export function allStatuses(params: Params): ParameterStatus[] {
  const urls = new Set(params.registry.list('SearchParameter').flatMap(({ url, source }) => (source === 'base' ? [] : [url])));
  return [...urls].flatMap((url) => statusOf(params, url) ?? []);
}

const isAdded = ({ registry }: Params, url: string): boolean => registry.versions('SearchParameter', url).some(({ source }) => source !== 'base');

const isBaseInForce = (params: Params, parameter: SearchParameter): boolean =>
  typesOf(parameter, params.registry).some((type) => params.of(type).get(parameter.code)?.url === parameter.url);

function readinessOf(params: Params, parameter: SearchParameter): Pick<ParameterStatus, 'status' | 'progress'> {
  const waiting = typesOf(parameter, params.registry).flatMap((type) => params.waiting(type, parameter.code) ?? []);
  if (waiting.length === 0) return { status: 'supported' };
  const sum = (part: (progress: Progress) => number): number => waiting.reduce((all, progress) => all + part(progress), 0);
  return { status: 'indexing', progress: { done: sum(({ done }) => done), total: sum(({ total }) => total) } };
}
