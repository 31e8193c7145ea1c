import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { adaptiveQuestionnaire, loadBanks } from '../../src/packages/banks.ts';
import type { Bank } from '../../src/questionnaire/adaptive/bank.ts';

const OWN = 'questionnaires';
const own = (): Bank => JSON.parse(readFileSync(join(OWN, 'banks/synthetic-fatigue.json'), 'utf8')) as Bank;

/** The faults of the bank with a change made to it. */
function faultsOf(change: (bank: Bank) => unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'banks-'));
  mkdirSync(join(folder, 'banks'));
  writeFileSync(join(folder, 'banks/synthetic-fatigue.json'), JSON.stringify(change(own())));
  try {
    loadBanks(folder);
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('item banks', () => {
  test('ours loads, is marked as made up, and gives an adaptive Questionnaire', () => {
    const [bank] = loadBanks(OWN);
    expect(bank).toMatchObject({ name: 'synthetic-fatigue', synthetic: true, source: expect.stringContaining('Made up') });
    expect(bank && adaptiveQuestionnaire(bank)).toMatchObject({
      url: bank?.questionnaire,
      status: 'draft',
      experimental: true,
      extension: [{ valueBoolean: true }],
    });
  });

  test('a folder without banks has none', () => expect(loadBanks(mkdtempSync(join(tmpdir(), 'none-')))).toEqual([]));

  test('another folder needs no schema of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'banks-'));
    cpSync(join(OWN, 'banks'), join(folder, 'banks'), { recursive: true });
    expect(loadBanks(folder)).toHaveLength(1);
  });

  test('faults are told with file and place', () => {
    const first = (bank: Bank) => bank.items[0] as Bank['items'][number];
    expect(faultsOf(({ licence: _, ...bank }) => bank)).toContain("must have required property 'licence'");
    expect(faultsOf((bank) => ({ ...bank, name: 'other' }))).toContain('/name');
    expect(faultsOf((bank) => ({ ...bank, start: 'nowhere' }))).toContain('/start');
    expect(faultsOf((bank) => ({ ...bank, stop: { ...bank.stop, maxItems: 1 } }))).toContain('/stop/maxItems');
    expect(faultsOf((bank) => ({ ...bank, items: [first(bank), first(bank)] }))).toContain('used twice');
    expect(faultsOf((bank) => ({ ...bank, items: [{ ...first(bank), thresholds: [1, 2] }] }))).toContain('2 thresholds for 5 options');
    expect(faultsOf((bank) => ({ ...bank, items: [{ ...first(bank), thresholds: [1, 0, 2, 3] }] }))).toContain('do not ascend');
    expect(faultsOf(() => 'text')).toContain('must be object');
  });
});
