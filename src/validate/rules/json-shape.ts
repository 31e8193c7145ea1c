import type { Member } from '../member.ts';
import { jsonKind } from '../shown.ts';
import type { Visit } from '../visit.ts';

/** How FHIR writes each kind of element in JSON. https://hl7.org/fhir/R4/json.html */

/** An element that repeats is an array, even of one; an element that does not repeat never is. */
export function checkListing(member: Member, value: unknown, visit: Visit): boolean {
  if (value === null) {
    visit.report('structure', `'${member.name}' is null; JSON null is no value in FHIR, leave the element out.`, member.segment);
    return false;
  }
  if (Array.isArray(value) === member.repeats) return member.repeats ? checkNotEmpty(member, value, visit) : true;
  const expected = member.repeats ? `an array, even for one value, not ${jsonKind(value)}` : 'a single value, not an array';
  visit.report('structure', `'${member.name}' must be ${expected}.`, member.segment);
  return false;
}

function checkNotEmpty(member: Member, value: unknown, visit: Visit): boolean {
  if (!Array.isArray(value) || value.length > 0) return true;
  visit.report('structure', `'${member.name}' is an empty array; leave the element out.`, member.segment);
  return false;
}

/** Called at the value. */
export function reportKind(member: Member, value: unknown, visit: Visit): void {
  const expected = member.kind === 'object' ? `an object (${member.type})` : 'a resource: an object with a resourceType';
  visit.report('structure', `'${member.name}' must be ${expected}, not ${jsonKind(value)}.`);
}

/** `{}`, or an object with nothing but an id, says nothing (ele-1). Called at the object. */
export function reportEmpty(visit: Visit): void {
  visit.report('invariant', 'ele-1: All FHIR elements must have a @value or children; this object has none. Leave the element out.');
}
