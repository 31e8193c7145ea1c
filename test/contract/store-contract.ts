/** What every store must do, whatever keeps its data: the same cases for each adapter. */
import { describe } from '@jest/globals';
import { concurrencyCases } from './concurrency.ts';
import type { OpenStore } from './fixture.ts';
import { reindexCases } from './reindex.ts';
import { searchCases } from './search.ts';
import { transactCases } from './transact.ts';
import { versionCases } from './versions.ts';

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name}: versions`, () => versionCases(open));
  describe(`${name}: search`, () => searchCases(open));
  describe(`${name}: index made anew`, () => reindexCases(open));
  describe(`${name}: transactions`, () => transactCases(open));
  describe(`${name}: many at once`, () => concurrencyCases(open));
}
