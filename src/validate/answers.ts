/** What the answers to a validator's questions lead to. */
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { CodeQuestion } from '../terminology/membership.ts';
import type { Question, Validator } from './validator.ts';

type Conformance = Extract<Question, { readonly ask: 'conformance' }>;

/** Undefined where it conforms to one of the profiles. */
export function conformanceIssue({ type, id, profiles, expression }: Conformance, resource: Resource, validator: Validator): Issue | undefined {
  const faults = profiles.map((profile) => validator.validate(resource, { profiles: [profile] }).issues.find(({ severity }) => severity === 'error'));
  if (faults.includes(undefined)) return undefined;
  const text = `${type}/${id} does not conform to ${profiles.join(' or ')}: ${faults[0]?.text ?? ''}`;
  return { severity: 'error', code: 'value', text, expression: [`${expression}.reference`] };
}

/** Looks in what lies outside the registry: a store of code systems, another server. */
export type Confirm = (question: CodeQuestion) => Promise<'in' | 'out' | 'unknown'>;

/** Undefined where one of the codes is in its set. Without anybody to ask, nothing is confirmed. */
export async function codeIssue(
  { codes, out, unknown }: Extract<Question, { readonly ask: 'code' }>,
  confirm: Confirm | undefined,
): Promise<Issue | undefined> {
  if (confirm === undefined) return unknown;
  const answers = await Promise.all(codes.map(confirm));
  if (answers.includes('in')) return undefined;
  return answers.includes('unknown') ? unknown : out;
}
