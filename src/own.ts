/** What the server brings along: its own definitions, the instruments, their policy; and its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { everythingAs } from './access/permit.ts';
import type { Config } from './config.ts';
import { type Ref, type Resource, refOf } from './fhir/resource.ts';
import { adaptiveQuestionnaire, loadBanks } from './packages/banks.ts';
import { loadInstruments, loadPolicy } from './packages/instruments.ts';
import { asDraft, asksRedFlags } from './packages/offered.ts';
import { packageOf } from './packages/tag.ts';
import { RULE_ENGINE } from './pro/forms.ts';
import type { Instrument, Policy } from './pro/instrument.ts';
import { ruleEngine } from './pro/resources.ts';
import type { Bank } from './questionnaire/adaptive/bank.ts';
import type { ProParts } from './record/create-record.ts';
import type { DefinitionParts } from './record/definitions.ts';
import type { RecordKeeper } from './record/record.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const SOFTWARE = { name: 'PRO Bridge', version: (JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string }).version };

export interface Own {
  /** The resources of profiles/. */
  readonly definitions: readonly Resource[];
  readonly instruments: readonly Instrument[];
  /** Those of the instruments that may not be answered here. */
  readonly withheld: readonly Instrument[];
  readonly policy: Policy;
  /** Of adaptive tests. */
  readonly banks: readonly Bank[];
}

export function loadOwn(config: Config): Own {
  const folder = config.instruments ?? here('../questionnaires');
  const instruments = loadInstruments(folder);
  const policy = loadPolicy(join(folder, 'policy.json'), instruments);
  const profiles = here('../profiles');
  const files = readdirSync(profiles).filter((name) => name.endsWith('.json'));
  return {
    definitions: files.map((name) => JSON.parse(readFileSync(join(profiles, name), 'utf8')) as Resource), // our own files
    instruments,
    withheld: missingNumbers(config).length > 0 ? instruments.filter(asksRedFlags) : [],
    banks: loadBanks(folder),
    policy: { ...policy, workingHours: { ...policy.workingHours, ...config.workingHours } },
  };
}

/** What is stored at every start. */
export const ownRefs = ({ definitions, instruments, banks }: Own): ReadonlySet<Ref> =>
  new Set(
    [...definitions, ...instruments.map(({ questionnaire }) => questionnaire), ...banks.map(adaptiveQuestionnaire)].map(({ resourceType, id }) =>
      refOf(resourceType, id ?? ''),
    ),
  );

/** Of a stored definition: whether the server brought it along, a package did, or somebody posted it. */
export function sourceOf(brought: Own): DefinitionParts['sourceOf'] {
  const own = ownRefs(brought);
  return (ref, resource) => (own.has(ref) ? 'own' : (packageOf(resource) ?? 'posted'));
}

export function missingNumbers({ emergencyNumber, crisisNumber }: Config): readonly string[] {
  return [...(emergencyNumber === undefined ? ['EMERGENCY_NUMBER'] : []), ...(crisisNumber === undefined ? ['CRISIS_NUMBER'] : [])];
}

/** Advice without red flags names them too; words stand in where no number is set. */
export const numbersOf = ({ emergencyNumber, crisisNumber }: Config): ProParts['numbers'] => ({
  emergency: emergencyNumber ?? 'the local emergency number',
  crisis: crisisNumber ?? 'a local crisis line',
});

const SYSTEM = everythingAs('PRO Bridge', RULE_ENGINE);

/** So that everyone can read by what they are scored and judged. What is stored already, word for word, becomes no new version. */
export async function storeOwn(own: Own, record: RecordKeeper): Promise<void> {
  const questionnaires = own.instruments.map((instrument) =>
    own.withheld.includes(instrument) ? asDraft(instrument.questionnaire) : instrument.questionnaire,
  );
  const resources = [
    ...own.definitions,
    ...[...questionnaires, ...own.banks.map(adaptiveQuestionnaire), ruleEngine()].map((resource) => resource as unknown as Resource),
  ]; // FHIR resources, each of a type of its own
  await record.commit({ operations: resources.map((resource) => ({ op: 'update', id: resource.id ?? '', resource })) }, SYSTEM);
}
