/** The answer to the question whether a resource that is referred to conforms to what a profile asks of it. */
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Question, Validator } from './validator.ts';

type Conformance = Extract<Question, { readonly ask: 'conformance' }>;

/** Undefined where it conforms to one of the profiles. */
export function conformanceIssue({ type, id, profiles, expression }: Conformance, resource: Resource, validator: Validator): Issue | undefined {
  const faults = profiles.map((profile) => validator.validate(resource, { profiles: [profile] }).issues.find(({ severity }) => severity === 'error'));
  if (faults.includes(undefined)) return undefined;
  const text = `${type}/${id} does not conform to ${profiles.join(' or ')}: ${faults[0]?.text ?? ''}`;
  return { severity: 'error', code: 'value', text, expression: [`${expression}.reference`] };
}
