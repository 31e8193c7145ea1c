import type { Member, ObjectSchema, Slot } from '../member.ts';
import type { JsonObject, Visit } from '../visit.ts';

/** What must be there is there, and of a choice there is one. `met`: the slots of the members that were found. */
export function checkSlots(schema: ObjectSchema, value: JsonObject, met: number, visit: Visit): void {
  for (const slot of schema.slots) {
    if (slot.min > 0 && (met & slot.bit) === 0) reportMissing(slot, visit);
    else if (slot.members.length > 1 && (met & slot.bit) !== 0) checkChoice(slot, value, visit);
  }
}

/** A slot of one member that is forbidden, or holds too much, is seen at its values. */
export function checkCount(member: Member, count: number, visit: Visit): void {
  if (count <= member.max) return;
  const allowed = member.max === 0 ? 'is not allowed here; leave it out' : `may be given ${member.max} times at most, not ${count}`;
  visit.report('structure', `'${member.name}' ${allowed}.`, member.segment);
}

const bareName = (slot: Slot): string => (slot.name.endsWith('[x]') ? slot.name.slice(0, -3) : slot.name);

function reportMissing(slot: Slot, visit: Visit): void {
  const bounds = `${slot.min}..${Number.isFinite(slot.max) ? slot.max : '*'}`;
  const what = slot.members.length > 1 ? `One of ${listed(slot.members)}` : `'${slot.members[0]}'`;
  visit.report('required', `${what} is required (${bounds}) and missing.`, `.${bareName(slot)}`);
}

const MAX_LISTED = 12;

const listed = (names: readonly string[]): string => (names.length > MAX_LISTED ? `${names.slice(0, MAX_LISTED).join(', ')} …` : names.join(', '));

/** https://hl7.org/fhir/R4/formats.html#choice */
function checkChoice(slot: Slot, value: JsonObject, visit: Visit): void {
  const given = slot.members.filter((name) => Object.hasOwn(value, name) || Object.hasOwn(value, `_${name}`));
  if (given.length > 1) visit.report('structure', `Only one of ${given.join(' and ')} may be given: ${slot.name} has one type.`, `.${bareName(slot)}`);
}
