/** Who brought a hospital's resources here, from where. https://hl7.org/fhir/R4/provenance.html */
import type { Device, Provenance } from 'fhir/r4';
import { identifierSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import type { Hospital } from './hospital.ts';
import { BRIDGE_DEVICE } from './visit.ts';

export interface Brought {
  readonly local: Ref;
  /** The hospital's URL, of that version where it names one. */
  readonly from: string;
}

const participant = (code: string) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code }] });

/** One for all that is written together. The hospital is named by identifier: which Organization it is, it alone knows. */
export function provenanceOf(hospital: Hospital, brought: readonly Brought[], recorded: string): Provenance {
  return {
    resourceType: 'Provenance',
    target: brought.map(({ local }) => ({ reference: local })),
    recorded,
    activity: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation', code: 'UPDATE' }], text: 'Pulled from the hospital' },
    agent: [
      { type: participant('assembler'), who: { reference: BRIDGE_DEVICE } },
      {
        type: participant('custodian'),
        who: { type: 'Organization', identifier: { system: identifierSystem('hospital'), value: hospital.url }, display: hospital.name },
      },
    ],
    entity: brought.map(({ from }) => ({ role: 'source', what: { reference: from } })),
  };
}

export const BRIDGE: Device = {
  resourceType: 'Device',
  id: BRIDGE_DEVICE.slice('Device/'.length),
  status: 'active',
  deviceName: [{ name: 'PRO Bridge exchange', type: 'user-friendly-name' }],
};
