/** Asks both stores what a look at every resource answers, over one random history each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Query } from '../../src/search/ast.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Reader, Store, Write } from '../../src/store/store.ts';
import { index, params, query as parsed, put, refs, remove, versionOf, write } from '../contract/fixture.ts';
import { endsOf, holds, inOrder, type World } from './brute.ts';
import { asText, histories, type Include, type Question, type Step } from './generate.ts';
import type { Named } from './model.ts';

/** Questions in all, two thirds of them without a permit. */
export const CASES = Number(process.env.ORACLE_CASES ?? 21_000);
export const SEED = Number(process.env.ORACLE_SEED ?? Date.now() % 1_000_000);
/** Asked of one and the same data. */
export const BATCH = 500;
export const TIMEOUT = 60_000 + CASES * 10;

const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
export const removeFiles = (): void => rmSync(folder, { recursive: true });

export const drawn = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, seed: number): T[] => fc.sample(arbitrary, { numRuns, seed });

export interface Data {
  readonly memory: Store;
  readonly sqlite: Store;
  readonly world: World;
}

/** The same history in both stores; what is left of it, in the order of writing. */
export async function dataOf(seed: number): Promise<Data> {
  const [history = []] = drawn(histories, 1, seed);
  const { writes, world } = played(history);
  const memory = createMemoryStore({ index });
  const sqlite = await openSqliteStore({ file: join(folder, `${seed}.sqlite`), params, index });
  for (const store of [memory, sqlite]) await write(store, ...writes);
  return { memory, sqlite, world };
}

function played(history: readonly Step[]): { writes: Write[]; world: World } {
  const versions = new Map<string, number>();
  const living = new Map<string, Named>();
  const writes = history.flatMap(({ resource, gone }, minute): Write[] => {
    const { resourceType: type, id } = resource;
    const ref = `${type}/${id}`;
    const version = (versions.get(ref) ?? 0) + 1;
    if (gone && !living.has(ref)) return [];
    versions.set(ref, version);
    living.delete(ref); // what is written again goes to the end
    if (gone) return [remove(type, id, { version, minute })];
    living.set(ref, versionOf(resource, { version, minute }).resource as Named);
    return [put(resource, { version, minute })];
  });
  return { writes, world: [...living.values()] };
}

// ---- what is right ----

interface Answer {
  readonly matches: readonly string[];
  readonly included: readonly string[];
}

export const refOf = ({ resourceType, id }: Named): string => `${resourceType}/${id}`;

function rightAnswer({ type, conditions, sort, include, count }: Question, world: World): Answer {
  const found = world.filter((resource) => resource.resourceType === type && conditions.every((condition) => holds(condition, resource, world)));
  const matches = inOrder(found, sort);
  return { matches: matches.map(refOf), included: includedBy(include, matches.slice(0, count), world).map(refOf) };
}

/** Round by round; those that are not `:iterate` in the first alone. */
function includedBy(includes: readonly Include[], matches: World, world: World): World {
  const seen = new Set(matches);
  let last: World = matches;
  for (let round = 0; round < 5 && last.length > 0; round++) {
    const steps = includes.filter(({ isIterate }) => round === 0 || isIterate);
    const reached = new Set(steps.flatMap((include) => reachedBy(include, last, world)));
    last = [...reached].filter((resource) => !seen.has(resource));
    for (const resource of last) seen.add(resource);
  }
  return world.filter((resource) => seen.has(resource) && !matches.includes(resource));
}

function reachedBy({ isReverse, from, code, to }: Include, at: World, world: World): Named[] {
  if (isReverse) return world.filter((resource) => resource.resourceType === from && endsOf(resource, code, world).some((end) => at.includes(end)));
  return at
    .filter(({ resourceType }) => resourceType === from)
    .flatMap((resource) => endsOf(resource, code, world).filter(({ resourceType }) => resourceType === to));
}

// ---- what is answered ----

/** All pages, and what the first one includes. */
async function answerOf(reader: Reader, asked: Query): Promise<Answer & { readonly total: number | undefined }> {
  const first = await reader.search(asked);
  const matches = refs(first.matches);
  for (let after = first.next, pages = 0; after !== undefined && pages < 60; pages++) {
    const page = await reader.search({ ...asked, include: [], after });
    matches.push(...refs(page.matches));
    after = page.next;
    if (page.matches.length > asked.count) throw new Error('a page holds more than was asked for');
    if (asked.total === 'accurate' && page.total !== first.total) throw new Error(`another total on a later page: ${page.total}`);
  }
  return { matches, included: refs(first.included), total: first.total };
}

/** Gives how many the question finds; throws where the answer is another. */
export async function check(reader: Reader, question: Question, at: { readonly world: World; readonly where: string }): Promise<number> {
  const text = asText(question);
  const right = rightAnswer(question, at.world);
  const { total, ...answer } = await answerOf(reader, { ...parsed(text), count: question.count });
  const [said, wanted] = [JSON.stringify(answer), JSON.stringify(right)];
  if (said === wanted && total === (question.hasTotal ? right.matches.length : undefined)) return right.matches.length;
  const odd = new Set([...answer.matches, ...right.matches].filter((ref) => answer.matches.includes(ref) !== right.matches.includes(ref)));
  const shown = at.world.filter((resource) => odd.has(refOf(resource))).slice(0, 3);
  throw new Error(
    `${at.where}, seed ${SEED}: ${decodeURIComponent(text)}&_count=${question.count}\n  answered ${said} of ${total}\n  but it is ${wanted}\n  ${shown.map((resource) => JSON.stringify(resource)).join('\n  ')}`,
  );
}
