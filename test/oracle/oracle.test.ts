/**
 * SQLite and memory find what a look at every resource finds, by the words of R4's search page.
 * `ORACLE_CASES=200000 npm test -- test/oracle` asks more, `ORACLE_SEED=…` the same again.
 */
import { afterAll, expect, test } from '@jest/globals';
import { BATCH, CASES, check, dataOf, drawn, removeFiles, SEED, TIMEOUT } from './ask.ts';
import { questions } from './generate.ts';
import { PARAMETERS } from './model.ts';

afterAll(removeFiles);

test(
  'memory and SQLite find what a look at every resource finds',
  async () => {
    let matched = 0;
    const batches = Math.ceil((CASES * 2) / 3 / BATCH);
    for (let batch = 0; batch < batches; batch++) {
      const { memory, sqlite, world } = await dataOf(SEED + batch);
      for (const question of drawn(questions, BATCH, SEED + batch)) {
        matched += await check(memory, question, { world, where: 'memory' });
        await check(sqlite, question, { world, where: 'SQLite' });
      }
      await sqlite.close();
    }
    // Questions that find nothing would agree about anything.
    expect(matched).toBeGreaterThan(CASES / 2);
  },
  TIMEOUT,
);

test('every kind of parameter is asked', () => {
  const kinds = new Set(Object.values(PARAMETERS).flatMap((parameters) => Object.values(parameters).map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(['canonical', 'composite', 'date', 'number', 'quantity', 'reference', 'string', 'token', 'uri']);
});
