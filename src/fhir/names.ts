/** Canonical names that this project defines: one place, so that data, profiles and code agree. */

export const CANONICAL = 'https://pro-bridge.example/fhir';

export const codeSystem = (name: string): string => `${CANONICAL}/CodeSystem/${name}`;
export const extensionUrl = (name: string): string => `${CANONICAL}/StructureDefinition/${name}`;
/** Identifier systems of what the server derives or keeps (finding keys, original ids). */
export const identifierSystem = (name: string): string => `${CANONICAL}/NamingSystem/${name}`;
