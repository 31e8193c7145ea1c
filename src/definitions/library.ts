/**
 * The whole resources of the base, as `scripts/build-definitions.ts` packs them: blocks of text, each opened when one
 * of its resources is first asked for. What was read lately is kept.
 */
import { createLastUsed } from '../fhir/last-used.ts';
import type { Resource } from '../fhir/resource.ts';
import { type Entry, isDefinitionType } from './layer.ts';
import type { BaseLayer } from './live.ts';
import type { DefinitionType } from './registry.ts';

export interface LibraryFiles {
  /** `#⇥bytes` begins a block; then a line `type⇥url⇥version⇥status⇥date⇥characters` for each of its resources, in the order of its text. */
  index(): string;
  /** The text of the block that is so many bytes long and begins there. */
  block(start: number, bytes: number): string;
}

export type Library = Pick<BaseLayer, 'entries' | 'list'>;

const KEPT_BLOCKS = 4;
const KEPT_RESOURCES = 64;

type Shelf = ReadonlyMap<string, readonly Entry[]>;

/** Neither the index nor any block is read before it is needed. The files are our own build's: their shape is trusted. */
export function createLibrary(files: LibraryFiles): Library {
  const blocks = createLastUsed<string>(KEPT_BLOCKS);
  const resources = createLastUsed<Resource>(KEPT_RESOURCES);
  let shelves: ReadonlyMap<DefinitionType, Shelf> | undefined;

  const read = ({ block, bytes, from, to }: Place): Resource =>
    resources.getOr(`${block}:${from}`, () => {
      const text = blocks.getOr(String(block), () => files.block(block, bytes));
      return JSON.parse(text.slice(from, to)) as Resource;
    });
  const shelfOf = (type: DefinitionType): Shelf => {
    shelves ??= shelve(placesIn(files.index()), read);
    return shelves.get(type) ?? new Map();
  };
  return {
    entries: (type, url) => shelfOf(type).get(url) ?? [],
    list: (type) => [...shelfOf(type).values()].flat(),
  };
}

interface Place {
  /** Where the block begins in the file, and how long it is, in bytes. */
  readonly block: number;
  readonly bytes: number;
  /** In the block's text, in characters. */
  readonly from: number;
  readonly to: number;
  readonly row: readonly string[];
}

function* placesIn(index: string): Generator<Place> {
  let [block, bytes, from] = [0, 0, 0];
  for (const line of index.trimEnd().split('\n')) {
    const row = line.split('\t');
    if (row[0] === '#') [block, bytes, from] = [block + bytes, Number(row[1]), 0];
    else {
      const to = from + Number(row.at(-1));
      yield { block, bytes, from, to, row };
      from = to;
    }
  }
}

function shelve(places: Iterable<Place>, read: (place: Place) => Resource): ReadonlyMap<DefinitionType, Shelf> {
  const shelves = new Map<DefinitionType, Map<string, Entry[]>>();
  for (const place of places) {
    const [type = '', url = '', version = '', status = '', date = ''] = place.row;
    if (!isDefinitionType(type)) throw new Error(`The index of the definitions names the type ${type}.`);
    const entry: Entry = { type, url, version, status, date, algorithm: '', source: 'base', layer: 0, read: () => read(place) };
    const shelf = shelves.get(type) ?? new Map<string, Entry[]>();
    shelf.set(url, [...(shelf.get(url) ?? []), entry]);
    shelves.set(type, shelf);
  }
  return shelves;
}
