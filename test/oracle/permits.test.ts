/** What is hidden from a permit might as well not be there: in no match, no page, no total, no include, behind no link. */
import { afterAll, expect, test } from '@jest/globals';
import type { Permit } from '../../src/access/permit.ts';
import { restrict } from '../../src/access/restrict.ts';
import { or } from '../../src/search/ast.ts';
import type { Store } from '../../src/store/store.ts';
import { index, query as parsed } from '../contract/fixture.ts';
import { BATCH, CASES, check, dataOf, drawn, refOf, removeFiles, SEED, TIMEOUT } from './ask.ts';
import { holds, type World } from './brute.ts';
import { type Grants, grants, printed, type Question, questions } from './generate.ts';
import type { Named } from './model.ts';

afterAll(removeFiles);

test(
  'under a permit both answer as if they had never held what it hides',
  async () => {
    const batches = Math.ceil(CASES / 3 / BATCH);
    for (let batch = 0; batch < batches; batch++) {
      const seed = SEED + 1_000_000 + batch;
      const { memory, sqlite, world } = await dataOf(seed);
      const asked = drawn(questions, BATCH, seed);
      for (const [at, granted] of drawn(grants, PERMITS_EACH, seed).entries()) {
        const some = asked.slice((at * BATCH) / PERMITS_EACH, ((at + 1) * BATCH) / PERMITS_EACH);
        for (const [name, store] of Object.entries({ memory, sqlite })) await checkUnder(granted, some, { name, store, world });
      }
      await sqlite.close();
    }
  },
  TIMEOUT,
);

const PERMITS_EACH = 10;

interface Held {
  readonly name: string;
  readonly store: Store;
  readonly world: World;
}

async function checkUnder(granted: Grants, asked: readonly Question[], { name, store, world }: Held): Promise<void> {
  const visible = world.filter((resource) => isVisible(granted, resource, world));
  const reader = restrict(store, permitFor(granted), index);
  for (const question of asked) await check(reader, question, { world: visible, where: `${name}, permitted ${JSON.stringify(granted)}` });
  const read = await Promise.all(
    world.map(async (resource) => ((await reader.read(resource.resourceType, resource.id)) === undefined ? [] : [refOf(resource)])),
  );
  expect(read.flat()).toEqual(visible.map(refOf));
}

const isVisible = (granted: Grants, resource: Named, world: World): boolean =>
  granted.some(({ type, conditions }) => type === resource.resourceType && conditions.some((condition) => holds(condition, resource, world)));

function permitFor(granted: Grants): Permit {
  const actions = ['read', 'search', 'history'] as const;
  const where = (type: string, conditions: Grants[number]['conditions']) =>
    or(
      ...conditions.map((condition) => {
        const [name, value] = printed(type, condition);
        return parsed(`${type}?${encodeURIComponent(name)}=${encodeURIComponent(value)}`).of[0]?.where ?? { op: 'none' as const };
      }),
    );
  return {
    actor: { display: 'someone' },
    everything: false,
    grants: granted.map(({ type, conditions }) => ({ type, actions, where: where(type, conditions) })),
  };
}
