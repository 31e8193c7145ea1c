/** What a part brings besides its items: extensions and contained resources, and what becomes of them. https://hl7.org/fhir/uv/sdc/modular.html#modular */
import type { Extension, Questionnaire } from 'fhir/r4';
import { type ExtensionName, extensionsOf, partOf } from '../extension.ts';
import { type Contained, type Telling, withTexts } from './parts.ts';

export interface Merge {
  readonly root: { readonly extension: Extension[]; readonly contained: Contained[] };
  /** Extensions of what held the display that the part takes the place of. */
  readonly holder: Extension[];
  readonly tell: Telling;
  readonly place: string;
  /** Canonical of the part. */
  readonly from: string;
}

/** Once each, by what names them. */
const TO_ROOT = ['launchContext', 'observationExtract', 'observationLinkPeriod'] as const satisfies readonly ExtensionName[];
/** To the place of the display; at most one of the second list. */
const TO_HOLDER = [
  'constraint',
  'variable',
  'definitionExtract',
  'definitionExtractValue',
  'extractAllocateId',
  'templateExtract',
] as const satisfies readonly ExtensionName[];
const ONLY_ONE = ['itemPopulationContext', 'itemExtractionContext'] as const satisfies readonly ExtensionName[];

const LIBRARY = 'http://hl7.org/fhir/StructureDefinition/cqf-library';

/** Adds to root and holder. The part comes back with its contained resources called as they are there. */
export function mergeInto(merge: Merge, part: Questionnaire): Questionnaire {
  const renamed = containedInto(merge, part);
  for (const name of TO_ROOT) for (const extension of extensionsOf(renamed, name)) addToRoot(extension, name, merge);
  for (const extension of (renamed.extension ?? []).filter(({ url }) => url === LIBRARY)) addOnce(extension, merge.root.extension);
  for (const name of TO_HOLDER) for (const extension of extensionsOf(renamed, name)) addToHolder(extension, name, merge);
  for (const name of ONLY_ONE) for (const extension of extensionsOf(renamed, name)) addOnly(extension, name, merge);
  return renamed;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function addOnce(extension: Extension, list: Extension[]): void {
  if (!list.some((one) => same(one, extension))) list.push(extension);
}

function addToRoot(extension: Extension, name: (typeof TO_ROOT)[number], { root, tell, place, from }: Merge): void {
  const named = nameIn(extension);
  const before = extensionsOf(root, name).find((one) => nameIn(one) === named);
  if (before === undefined) root.extension.push(extension);
  else if (!same(before, extension))
    tell.warn(`${from} says otherwise of ${name}${named === '' ? '' : ` '${named}'`} than the questionnaire that takes it in, whose word counts.`, place);
}

/** Of a launch context its name, of a variable too; '' for what there is only one of. */
function nameIn(extension: Extension): string {
  const name = partOf(extension, 'name');
  return name?.valueCoding?.code ?? name?.valueId ?? extension.valueExpression?.name ?? '';
}

function addToHolder(extension: Extension, name: (typeof TO_HOLDER)[number], { holder, tell, place, from }: Merge): void {
  if (holder.some((one) => same(one, extension))) return;
  const twin = name === 'variable' && extensionsOf({ extension: holder }, 'variable').some((one) => nameIn(one) === nameIn(extension));
  if (twin) tell.error('duplicate', `${from} defines the variable '${nameIn(extension)}', which is defined in the same place already.`, place);
  else holder.push(extension);
}

function addOnly(extension: Extension, name: (typeof ONLY_ONE)[number], { holder, tell, place, from }: Merge): void {
  const before = extensionsOf({ extension: holder }, name);
  if (before.length === 0) holder.push(extension);
  else tell.error('duplicate', `${from} brings a second ${name} to a place that may have one.`, place);
}

/** The same resource is taken in once; another one under its id gets a new id. */
function containedInto({ root, tell, place }: Merge, part: Questionnaire): Questionnaire {
  const names = new Map<string, string>();
  for (const resource of part.contained ?? []) {
    const id = resource.id ?? '';
    const before = root.contained.find((one) => one.id === id);
    if (before !== undefined && same(before, resource)) continue;
    const free = before === undefined ? id : freeId(id, root.contained);
    if (free !== id) tell.warn(`The contained ${resource.resourceType} '${id}' is called '${free}' here, since there is another of that name.`, place);
    names.set(id, free);
    root.contained.push({ ...resource, id: free });
  }
  const isMoved = [...names].some(([id, free]) => id !== free);
  return isMoved ? withTexts(part, (text) => (text.startsWith('#') && names.has(text.slice(1)) ? `#${names.get(text.slice(1))}` : text)) : part;
}

function freeId(id: string, contained: readonly Contained[]): string {
  for (let number = 2; ; number += 1) {
    const candidate = `${id}-${number}`;
    if (!contained.some((one) => one.id === candidate)) return candidate;
  }
}

/** The names that expressions below a questionnaire or an item may use. */
export function namesOf(holder: { readonly extension?: Extension[] | undefined }): Set<string> {
  const contexts = ['launchContext', 'variable', 'itemPopulationContext'] as const;
  return new Set(contexts.flatMap((name) => extensionsOf(holder, name).map(nameIn)).filter((name) => name !== ''));
}
