/**
 * A resource's index values: every search parameter of its type, compiled once for the type. Never throws on odd data:
 * what cannot be read gives no entry.
 */
import type { Resource } from '../fhir/resource.ts';
import type { Entry, Indexed, Value } from './entry.ts';
import { clinicalDateParam, patientParams } from './facts.ts';
import { CONTENT, readContent, readNarrative, TEXT } from './full-text.ts';
import type { Around, Reader } from './kinds/kind.ts';
import { kindOf } from './kinds/table.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';
import { type Branch, compilePath } from './path.ts';

export type Indexer = (resource: Resource) => Indexed;

/** No other spellings. */
const AS_WRITTEN: Around['spell'] = () => [];

/** `base`: this server's own, so that an absolute reference to it is indexed as `Type/id`. `spell`: see `Around`. */
export function createIndexer(params: Params, base?: string, spell: Around['spell'] = AS_WRITTEN): Indexer {
  const around = { base, spell };
  const compiled = new Map<string, Compiled>();
  return (resource) => {
    const type = resource.resourceType;
    const known = compiled.get(type);
    if (known?.from === params.indexed(type)) return known.index(resource);
    const index = compileType(params, type, around);
    compiled.set(type, { from: params.indexed(type), index });
    return index(resource);
  };
}

interface Compiled {
  /** The parameters that it was compiled for. */
  readonly from: readonly Param[];
  readonly index: Indexer;
}

/** Adds the values that one parameter finds in a resource. */
type Extract = (resource: Resource, out: Value[]) => void;

function compileType(params: Params, type: string, around: Around): Indexer {
  const extracts = params.indexed(type).map((param) => ({ param, extract: extractFor(params, param, around) }));
  const patient = patientParams(params, type)[0];
  const date = clinicalDateParam(params, type)?.code;
  return (resource) => {
    const entries: Entry[] = [];
    for (const { param, extract } of extracts) addEntries(entries, param, valuesOf(extract, resource));
    return { entries, patients: type === 'Patient' ? ownId(resource) : patientsIn(entries, patient), date: onlyDate(entries, date) };
  };
}

/** An expression that only the fhirpath package can evaluate may fail on odd data; then the parameter has no value. */
function valuesOf(extract: Extract, resource: Resource): readonly Value[] {
  const values: Value[] = [];
  try {
    extract(resource, values);
    return values;
  } catch {
    return [];
  }
}

function addEntries(entries: Entry[], param: Param, values: readonly Value[]): void {
  const distinct = values.length > 1 ? new Map(values.map((value) => [keyOf(value), value])).values() : values;
  for (const value of distinct) entries.push({ param, value });
}

/** The same for what is the same; the kinds that a resource may say thousands of go without the slow way. */
function keyOf(value: Value): string {
  if (value.kind === 'reference') return `r${value.version.length} ${value.version}${value.target}`;
  if (value.kind === 'token') return `t${value.system.length} ${value.system}${value.code}`;
  return value.kind === 'text' ? `w${value.words.join(' ')}` : printed(value);
}

const printed = (value: Value): string => JSON.stringify(value, (_, part: unknown) => (part === Infinity || part === -Infinity ? String(part) : part));

function extractFor(params: Params, param: Param, around: Around): Extract {
  if (param.code === TEXT) return readNarrative;
  if (param.code === CONTENT) return readContent;
  if (param.kind === 'composite') return compositeFor(params, param, around);
  const readers = params.branches(param).flatMap((branch) => readerFor(branch, param, around) ?? []);
  return (resource, out) => {
    for (const read of readers) read(resource, resource, out);
  };
}

type Read = (input: unknown, resource: Resource, out: Value[]) => void;

/** undefined where the kind cannot index what the branch finds, as a date cannot index `occurrenceString`. */
function readerFor(branch: Branch, param: Param, around: Around): Read | undefined {
  const kind = kindOf(param);
  const known = kind.readers.get(branch.type);
  if (known === undefined && branch.type !== '') return undefined;
  const readerOf = known ? () => known : (element: unknown): Reader | undefined => kind.readers.get(kind.guess(element));
  return (input, resource, out) => {
    for (const element of branch.get(input, resource)) readerOf(element)?.(element, out, around);
  };
}

/** One value an occurrence; an occurrence that lacks a part cannot match and gives none. */
function compositeFor(params: Params, param: Param, around: Around): Extract {
  const branches = params.branches(param).map((branch) => ({ branch, parts: param.parts.map((part) => partReaders(params, part, { branch, around })) }));
  return (resource, out) => {
    for (const { branch, parts } of branches) {
      for (const occurrence of branch.get(resource, resource)) {
        const found = parts.map((readers) => readAll(readers, occurrence, resource));
        if (found.every((values) => values.length > 0)) out.push({ kind: 'composite', parts: found });
      }
    }
  };
}

function partReaders(params: Params, part: Param, at: { readonly branch: Branch; readonly around: Around }): readonly Read[] {
  const { place } = at.branch;
  const branches = place === undefined ? [] : compilePath(part.expression, place, params.registry);
  return branches.flatMap((branch) => readerFor(branch, part, at.around) ?? []);
}

function readAll(readers: readonly Read[], occurrence: unknown, resource: Resource): Value[] {
  const out: Value[] = [];
  for (const read of readers) read(occurrence, resource, out);
  return out;
}

const ownId = (resource: Resource): string[] => (typeof resource.id === 'string' ? [resource.id] : []);

const PATIENT = 'Patient/';

function patientsIn(entries: readonly Entry[], code: string | undefined): string[] {
  const ids = new Set<string>();
  for (const { param, value } of entries) {
    if (param.code === code && value.kind === 'reference' && value.target.startsWith(PATIENT)) ids.add(value.target.slice(PATIENT.length));
  }
  return [...ids];
}

function onlyDate(entries: readonly Entry[], code: string | undefined): Indexed['date'] {
  const dates = entries.filter(({ param }) => param.code === code).map(({ value }) => value);
  const [only] = dates;
  return dates.length === 1 && only?.kind === 'date' ? { low: only.low, high: only.high } : undefined;
}
