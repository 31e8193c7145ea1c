/**
 * What must be true of each resource that an operation writes, once its links are resolved: the permit allows it as
 * it will be, it is valid, and what it refers to exists in the caller's sight.
 */
import { imageOf } from '../access/judge.ts';
import { allows, restrict } from '../access/restrict.ts';
import { parseResource } from '../fhir/json.ts';
import type { Issue } from '../fhir/outcome.ts';
import { FhirError } from '../fhir/outcome.ts';
import { referencesIn } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Reader } from '../store/store.ts';
import { type Confirm, codeIssue, conformanceIssue } from '../validate/answers.ts';
import type { Question, Validator } from '../validate/validator.ts';
import { atEntry } from './at-entry.ts';
import { createPace } from './pace.ts';
import type { Planning, Step } from './plan.ts';

export interface Checks {
  readonly validator: Validator;
  /** `checked`: a reference to this server must lead to a resource that the caller may read. `free`: it may dangle. */
  readonly references: 'checked' | 'free';
  /** Whether a code is in a set, with what lies outside the registry. */
  readonly confirm?: Confirm | undefined;
}

/** Throws for the first operation that must be refused; gives the warnings of each of the others, in their order. */
export async function checkSteps(steps: readonly Step[], planning: Planning, checks: Checks): Promise<readonly (readonly Issue[])[]> {
  const sight = restrict(planning.overlay.reader, planning.permit, planning.index);
  const exists = existence(sight);
  const warnings: (readonly Issue[])[] = [];
  const pace = createPace();
  for (const step of steps) {
    await pace();
    warnings.push(await atEntry(step.entry, () => checkStep(step, planning, { ...checks, exists, sight })));
  }
  return warnings;
}

interface Sight {
  readonly exists: Exists;
  /** What the caller may read. */
  readonly sight: Reader;
}

type Exists = (type: string, id: string) => Promise<boolean>;

/** Asks for each resource once, however many of the entries refer to it. */
function existence(reader: Reader): Exists {
  const known = new Map<Ref, Promise<boolean>>();
  const look = async (type: string, id: string): Promise<boolean> => {
    const version = await reader.read(type, id);
    return version !== undefined && version.method !== 'delete';
  };
  return (type, id) => {
    const ref = refOf(type, id);
    const answer = known.get(ref) ?? look(type, id);
    known.set(ref, answer);
    return answer;
  };
}

async function checkStep({ ref, action }: Step, planning: Planning, checks: Checks & Sight): Promise<readonly Issue[]> {
  const pending = ref === undefined ? undefined : planning.overlay.pending(ref);
  if (action === undefined || pending?.resource === undefined) return [];
  const { type, id, resource } = pending;
  const world = { reader: planning.overlay.reader, index: planning.index };
  if (!planning.permit.everything && !(await allows(planning.permit, action, imageOf(type, id, resource, planning.index), world))) {
    throw new FhirError('forbidden', `You may not ${action} a ${type} with this content.`);
  }
  const { issues: seen, questions } = checks.validator.validate(resource); // whether answers fit their form, `readAnswers` finds out, which needs the form anyway
  const issues = [...seen, ...(await unconfirmed(questions, checks.confirm))];
  const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  const left = checks.references === 'free' ? [] : [...urnsLeft(resource), ...(await unanswered(questions, checks.exists))];
  const missing = [...left, ...(await unfitting(questions, checks.sight, checks.validator))];
  if (errors.length + missing.length > 0) throw refusal(type, [...errors, ...missing], issues);
  return issues;
}

function refusal(type: string, errors: readonly Issue[], all: readonly Issue[]): FhirError {
  const others = all.filter((issue) => !errors.includes(issue));
  const text = errors.length === 1 ? (errors[0]?.text ?? '') : `The ${type} has ${errors.length} errors.`;
  return new FhirError('invalid', text, { issues: [...errors, ...others] });
}

const danglingReference = (text: string, expression: string): Issue => ({ severity: 'error', code: 'invalid', text, expression: [expression] });

/** After the links are resolved, a `urn:` reference names no entry of the transaction and can lead nowhere. */
const urnsLeft = (resource: Resource): readonly Issue[] => {
  const found = referencesIn(resource).filter(({ text }) => text.startsWith('urn:'));
  const inside = found.length === 0 ? new Set() : fullUrlsIn(resource);
  return found
    .filter(({ text }) => !inside.has(text))
    .map(({ text, expression }) => danglingReference(`${text} is the fullUrl of no entry of this transaction.`, expression));
};

/** A Bundle in a resource, as a questionnaire has one for a template, has entries of its own. */
function fullUrlsIn(value: unknown): ReadonlySet<unknown> {
  if (Array.isArray(value)) return value.map(fullUrlsIn).reduce((all, urls) => all.union(urls), new Set<unknown>());
  if (typeof value !== 'object' || value === null) return new Set();
  const own: Set<unknown> = new Set('fullUrl' in value ? [value.fullUrl] : []);
  return Object.values(value)
    .map(fullUrlsIn)
    .reduce<ReadonlySet<unknown>>((all, urls) => all.union(urls), own);
}

async function unanswered(questions: readonly Question[], exists: Exists): Promise<readonly Issue[]> {
  const asked = questions.filter((question) => question.ask === 'reference');
  const answers = await Promise.all(asked.map(({ type, id }) => exists(type, id)));
  return asked
    .filter((_, at) => answers[at] === false)
    .map(({ type, id, expression }) => danglingReference(`${type}/${id} does not exist here; create it first or in the same transaction.`, expression));
}

async function unconfirmed(questions: readonly Question[], confirm: Confirm | undefined): Promise<readonly Issue[]> {
  const answers = questions.filter((question) => question.ask === 'code').map((question) => codeIssue(question, confirm));
  return (await Promise.all(answers)).filter((issue) => issue !== undefined);
}

/** What is referred to, where it is here, conforms to what the profile asks of it. */
async function unfitting(questions: readonly Question[], reader: Reader, validator: Validator): Promise<readonly Issue[]> {
  const answers = questions
    .filter((question) => question.ask === 'conformance')
    .map(async (question) => {
      const version = await reader.read(question.type, question.id);
      return version === undefined || version.method === 'delete' ? undefined : conformanceIssue(question, parseResource(version.text), validator);
    });
  return (await Promise.all(answers)).filter((issue) => issue !== undefined);
}
