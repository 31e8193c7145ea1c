/** Whether a code is in a value set of the base. https://hl7.org/fhir/R4/terminologies.html#4.1 */
import type { Registry } from '../definitions/registry.ts';

/** The codes of a value set, ready to be asked; made once per binding. */
export interface CodeList {
  /** For elements of type code, which name no system. */
  hasCode(code: string): boolean;
  hasCoding(system: string, code: string): boolean;
  /** The first few codes, for a message: "final, amended, … and 3 more". */
  readonly summary: string;
}

const MAX_LISTED = 12;

/** Undefined where the registry cannot list the set: then nobody here can say whether a code is in it. */
export function codeList(registry: Registry, valueSet: string): CodeList | undefined {
  const members = registry.valueSetCodes(valueSet);
  if (members === undefined) return undefined;
  const codes = new Set(Array.from(members, (member) => member.slice(member.indexOf('|') + 1)));
  return {
    hasCode: (code) => codes.has(code),
    hasCoding: (system, code) => members.has(`${system}|${code}`),
    summary: summaryOf([...codes]),
  };
}

function summaryOf(codes: readonly string[]): string {
  const listed = codes.slice(0, MAX_LISTED).join(', ');
  return codes.length > MAX_LISTED ? `${listed} and ${codes.length - MAX_LISTED} more` : listed;
}
