/** Which definitions an expansion rests on, and what is to be said against them. https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/requirements.html */
import type { CodeSystem, ValueSet, ValueSetExpansionParameter } from 'fhir/r4';
import { allParts, type CompiledSet } from './compose.ts';
import type { Member } from './listing.ts';
import { standingWords } from './properties.ts';
import { printCanonical } from './source.ts';

/** The headers of all code systems that a set and those it draws on name, each version once. */
export function systemsOf(set: CompiledSet): readonly CodeSystem[] {
  return [...new Set(allParts(set).flatMap(({ system }) => (system === undefined ? [] : [system.about])))];
}

const setsOf = (set: CompiledSet): readonly ValueSet[] => allParts(set).flatMap(({ sets }) => sets.map(({ definition }) => definition));

export function usedParameters(set: CompiledSet, members: readonly Member[]): ValueSetExpansionParameter[] {
  const systems = systemsOf(set);
  const sets = setsOf(set).filter(({ url }) => url !== undefined);
  const supplements = new Set(members.flatMap(({ system }) => system?.supplements ?? []));
  const uri = (name: string, valueUri: string): ValueSetExpansionParameter => ({ name, valueUri });
  const all = [
    ...systems.map(({ url, version }) => uri('used-codesystem', printCanonical(url, version))),
    ...sets.map(({ url, version }) => uri('used-valueset', printCanonical(url, version))),
    ...[...supplements].map((canonical) => uri('used-supplement', canonical)),
    ...[...systems, ...sets, set.definition].flatMap((definition) =>
      warningsOf(definition).map((name) => uri(name, printCanonical(definition.url, definition.version))),
    ),
    ...systems.filter(({ content }) => content === 'fragment').map(({ url, version }) => uri('fragment', printCanonical(url, version))),
  ];
  return [...new Map(all.map((parameter) => [`${parameter.name} ${parameter.valueUri}`, parameter])).values()];
}

const warningsOf = (definition: CodeSystem | ValueSet): readonly string[] => standingWords(definition).map((word) => `warning-${word}`);
