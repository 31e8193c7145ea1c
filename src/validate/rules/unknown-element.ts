import type { ObjectSchema } from '../member.ts';
import { didYouMean } from '../nearest.ts';
import { shown } from '../shown.ts';
import type { Visit } from '../visit.ts';

/** FHIR has no place for elements that nobody defined; what is to be added goes into an extension. https://hl7.org/fhir/R4/extensibility.html */
export function reportUnknown(schema: ObjectSchema, name: string, visit: Visit): void {
  visit.report('structure', `${shown(name)} is not an element of ${schema.name}.${hint(schema, name, visit)}`, `.${asFhirPath(name)}`);
}

function hint(schema: ObjectSchema, name: string, visit: Visit): string {
  const choice = schema.slots.find((slot) => slot.name.endsWith('[x]') && name.startsWith(slot.name.slice(0, -3)));
  if (choice !== undefined) return ` ${choice.name} may be ${listed(choice.members)}.`;
  return didYouMean(name, schema.members.keys(), visit) || ' Use an extension for what FHIR does not define.';
}

const MAX_LISTED = 12;

const listed = (names: readonly string[]): string =>
  names.length > MAX_LISTED ? `${names.slice(0, MAX_LISTED).join(', ')} and ${names.length - MAX_LISTED} more` : names.join(', ');

const MAX_NAME = 64;

/** Names that are no FHIRPath identifier are written between backticks. https://hl7.org/fhirpath/N1/#identifiers */
function asFhirPath(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return name;
  return `\`${name.slice(0, MAX_NAME).toWellFormed().replaceAll('`', "'")}\``;
}
