/**
 * The tertiary hospital's records for the demo, made from `histories.ts`: what a hospital's server would hold of a
 * dozen people, in every type that the bridge pulls.
 */
import type {
  AllergyIntolerance,
  CarePlan,
  CodeableConcept,
  Condition,
  DiagnosticReport,
  Encounter,
  FhirResource,
  Medication,
  MedicationAdministration,
  MedicationRequest,
  Observation,
  Organization,
  Patient,
  Practitioner,
  Procedure,
} from 'fhir/r4';
import { type Allergy, type Course, type Diagnosis, type Drug, HISTORIES, type History, type Prescription, type Report, type Term } from './histories.ts';
import { daysBefore, demographics, hospitalPatientId, PEOPLE, type Person, TEST_DATA } from './people.ts';

/** All of it, in an order in which it can be stored one by one. `fever`: when the fever of the story is noticed. */
export function hospitalRecords(fever: Date): readonly FhirResource[] {
  return [HOSPITAL, ...PRACTITIONERS, SACHETS, ...PEOPLE.flatMap((person) => recordOf(person, fever))].map((resource) => ({ ...resource, meta: TEST_DATA }));
}

const ORGANIZATION = 'Organization/city-university-hospital';

const HOSPITAL: Organization = { resourceType: 'Organization', id: 'city-university-hospital', active: true, name: 'City University Hospital' };

const practitioner = (id: string, family: string, given: string): Practitioner => ({
  resourceType: 'Practitioner',
  id,
  active: true,
  name: [{ family, given: [given], prefix: ['Dr'] }],
});

const PRACTITIONERS: readonly Practitioner[] = [
  practitioner('dr-lindqvist', 'Lindqvist', 'Maria'),
  practitioner('dr-okafor', 'Okafor', 'Samuel'),
  practitioner('dr-zhang', 'Zhang', 'Min'),
];

/** One medicine is a resource of its own, as some hospitals have all of them. */
const SACHETS: Medication = {
  resourceType: 'Medication',
  id: 'macrogol',
  status: 'active',
  code: { coding: [{ system: 'http://www.whocc.no/atc', code: 'A06AD15', display: 'macrogol' }], text: 'Macrogol, sachet' },
  form: { text: 'Powder in a sachet' },
};

/** What every resource of one person is made with. */
interface Chart {
  readonly person: Person;
  readonly history: History;
  readonly subject: { readonly reference: string };
  readonly doctor: { readonly reference: string };
  /** `days` before the fever, as an instant. */
  readonly at: (days: number, hour?: number) => string;
  readonly id: (name: string) => string;
}

function recordOf(person: Person, fever: Date): readonly FhirResource[] {
  const history = HISTORIES[person.id];
  if (history === undefined) throw new Error(`${person.id} has no history.`);
  const chart: Chart = {
    person,
    history,
    subject: { reference: `Patient/${hospitalPatientId(person)}` },
    doctor: { reference: `Practitioner/${history.doctor}` },
    at: (days, hour) => daysBefore(fever, days, hour).toISOString(),
    id: (name) => `${person.id}-${name}`,
  };
  return [
    patient(person),
    ...history.diagnoses.flatMap((diagnosis, index) => diagnosisOf(chart, diagnosis, index)),
    ...(history.surgery === undefined ? [] : surgery(chart, history.surgery)),
    ...history.courses.flatMap((course, index) => courseOf(chart, course, index)),
    ...history.prescriptions.map((prescription, index) => prescriptionOf(chart, prescription, index)),
    ...history.reports.map((report, index) => reportOf(chart, report, index)),
    ...history.allergies.map((allergy, index) => allergyOf(chart, allergy, index)),
    planOf(chart),
  ];
}

const patient = (person: Person): Patient => ({
  resourceType: 'Patient',
  id: hospitalPatientId(person),
  ...demographics(person),
  birthDate: person.birthDateAtHospital ?? person.birthDate,
  managingOrganization: { reference: ORGANIZATION },
});

const coded = (system: string, code: string): CodeableConcept => ({ coding: [{ system, code }] });

function concept({ text, snomed, atc }: Term): CodeableConcept {
  const coding = [
    ...(snomed === undefined ? [] : [{ system: 'http://snomed.info/sct', code: snomed }]),
    ...(atc === undefined ? [] : [{ system: 'http://www.whocc.no/atc', code: atc }]),
  ];
  return coding.length === 0 ? { text } : { coding, text };
}

interface Visit {
  readonly name: string;
  readonly kind: 'AMB' | 'IMP';
  readonly what: string;
  /** From this many days before the fever; one day long unless `until` says otherwise. */
  readonly days: number;
  readonly until?: number;
}

function encounter(chart: Chart, { name, kind, what, days, until = days }: Visit): Encounter {
  const display = kind === 'AMB' ? 'ambulatory' : 'inpatient encounter';
  return {
    resourceType: 'Encounter',
    id: chart.id(name),
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: kind, display },
    type: [{ text: what }],
    subject: chart.subject,
    participant: [{ individual: chart.doctor }],
    period: { start: chart.at(days, 9), end: chart.at(until, 15) },
    serviceProvider: { reference: ORGANIZATION },
  };
}

/** The visit at which it was found names the diagnosis, and the diagnosis the visit. */
function diagnosisOf(chart: Chart, { what, stage, days }: Diagnosis, index: number): readonly [Condition, Encounter] {
  const visit = encounter(chart, { name: `diagnosed-${index}`, kind: 'AMB', what: 'Outpatient visit', days });
  const condition: Condition = {
    resourceType: 'Condition',
    id: chart.id(`diagnosis-${index}`),
    clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active'),
    verificationStatus: coded('http://terminology.hl7.org/CodeSystem/condition-ver-status', 'confirmed'),
    category: [coded('http://terminology.hl7.org/CodeSystem/condition-category', 'problem-list-item')],
    code: concept(what),
    subject: chart.subject,
    encounter: { reference: `Encounter/${visit.id}` },
    onsetDateTime: chart.at(days, 11),
    recordedDate: chart.at(days, 12),
    recorder: chart.doctor,
    ...(stage === undefined ? {} : { stage: [{ summary: { text: stage } }] }),
  };
  return [condition, { ...visit, diagnosis: [{ condition: { reference: `Condition/${condition.id}` } }] }];
}

function surgery(chart: Chart, { what, days }: { what: string; days: number }): readonly [Encounter, Procedure] {
  const stay = encounter(chart, { name: 'surgery-stay', kind: 'IMP', what: 'Stay for surgery', days: days + 1, until: days - 5 });
  const operation: Procedure = {
    resourceType: 'Procedure',
    id: chart.id('surgery'),
    status: 'completed',
    category: { text: 'Surgery' },
    code: { text: what },
    subject: chart.subject,
    encounter: { reference: `Encounter/${stay.id}` },
    performedPeriod: { start: chart.at(days, 9), end: chart.at(days, 12) },
    performer: [{ actor: chart.doctor }],
    reasonReference: [{ reference: `Condition/${chart.id('diagnosis-0')}` }],
  };
  return [stay, operation];
}

function courseOf(chart: Chart, course: Course, index: number): readonly FhirResource[] {
  return Array.from({ length: course.times }, (_, step) => step).flatMap((step) => {
    const days = course.last + course.everyDays * (course.times - 1 - step);
    const name = `course-${index}-${step + 1}`;
    const visit = encounter(chart, { name, kind: 'AMB', what: `${course.name}, number ${step + 1}`, days });
    const given = course.drugs.map((drug, at) => administration(chart, { drug, visit, days, hour: 10 + 2 * at, name: `${name}-drug-${at}` }));
    return [visit, ...given, ...(course.bloods ? bloodCount(chart, { name, days: days + 1, nadir: step }) : [])];
  });
}

interface Giving {
  readonly drug: Drug;
  readonly visit: Encounter;
  readonly days: number;
  readonly hour: number;
  readonly name: string;
}

function administration(chart: Chart, { drug, visit, days, hour, name }: Giving): MedicationAdministration {
  const { what, mg, route } = drug;
  return {
    resourceType: 'MedicationAdministration',
    id: chart.id(name),
    status: 'completed',
    medicationCodeableConcept: concept(what),
    subject: chart.subject,
    context: { reference: `Encounter/${visit.id}` },
    effectivePeriod: { start: chart.at(days, hour), end: chart.at(days, hour + 1) },
    performer: [{ actor: chart.doctor }],
    reasonReference: [{ reference: `Condition/${chart.id('diagnosis-0')}` }],
    dosage: { text: `${mg} mg`, route: { text: route }, dose: { value: mg, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } },
  };
}

interface Test {
  readonly loinc: string;
  readonly text: string;
  readonly unit: string;
  /** The first result; each cycle takes a little away. */
  readonly start: number;
  readonly fall: number;
  readonly normal: readonly [number, number];
}

const BLOOD_TESTS: readonly Test[] = [
  { loinc: '751-8', text: 'Neutrophils', unit: '10*9/L', start: 4.1, fall: 0.4, normal: [1.8, 7.5] },
  { loinc: '6690-2', text: 'White blood cells', unit: '10*9/L', start: 6.8, fall: 0.5, normal: [4, 11] },
  { loinc: '718-7', text: 'Haemoglobin', unit: 'g/dL', start: 13.1, fall: 0.5, normal: [11.7, 15.3] },
  { loinc: '777-3', text: 'Platelets', unit: '10*9/L', start: 260, fall: 22, normal: [145, 390] },
];

interface Sample {
  readonly name: string;
  readonly days: number;
  /** Cycles before this one. */
  readonly nadir: number;
}

function bloodCount(chart: Chart, sample: Sample): readonly FhirResource[] {
  const results = BLOOD_TESTS.map((test) => result(chart, test, sample));
  const report: DiagnosticReport = {
    resourceType: 'DiagnosticReport',
    id: chart.id(`${sample.name}-count`),
    status: 'final',
    category: [coded('http://terminology.hl7.org/CodeSystem/v2-0074', 'HM')],
    code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }], text: 'Blood count' },
    subject: chart.subject,
    effectiveDateTime: chart.at(sample.days, 8),
    issued: chart.at(sample.days, 12),
    performer: [{ reference: ORGANIZATION }],
    result: results.map(({ id }) => ({ reference: `Observation/${id}` })),
  };
  return [...results, report];
}

function result(chart: Chart, { loinc, text, unit, start, fall, normal }: Test, { name, days, nadir }: Sample): Observation {
  const value = Math.round((start - fall * nadir) * 10) / 10;
  const quantity = (amount: number) => ({ value: amount, unit: unit.replace('10*9', '10⁹'), system: 'http://unitsofmeasure.org', code: unit });
  return {
    resourceType: 'Observation',
    id: chart.id(`${name}-${loinc}`),
    status: 'final',
    category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
    code: { coding: [{ system: 'http://loinc.org', code: loinc }], text },
    subject: chart.subject,
    effectiveDateTime: chart.at(days, 8),
    performer: [{ reference: ORGANIZATION }],
    valueQuantity: quantity(value),
    interpretation: [coded('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', value < normal[0] ? 'L' : 'N')],
    referenceRange: [{ low: quantity(normal[0]), high: quantity(normal[1]) }],
  };
}

function prescriptionOf(chart: Chart, { what, dosage, days }: Prescription, index: number): MedicationRequest {
  const isSachet = what.text === SACHETS.code?.text;
  return {
    resourceType: 'MedicationRequest',
    id: chart.id(`prescription-${index}`),
    status: 'active',
    intent: 'order',
    ...(isSachet ? { medicationReference: { reference: `Medication/${SACHETS.id}`, display: what.text } } : { medicationCodeableConcept: concept(what) }),
    subject: chart.subject,
    authoredOn: chart.at(days, 14),
    requester: chart.doctor,
    dosageInstruction: [{ text: dosage }],
  };
}

const reportOf = (chart: Chart, { what, kind, conclusion, days }: Report, index: number): DiagnosticReport => ({
  resourceType: 'DiagnosticReport',
  id: chart.id(`report-${index}`),
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/v2-0074', kind)],
  code: { text: what },
  subject: chart.subject,
  effectiveDateTime: chart.at(days, 10),
  issued: chart.at(days, 16),
  performer: [{ reference: ORGANIZATION }],
  conclusion,
});

const allergyOf = (chart: Chart, { what, reaction }: Allergy, index: number): AllergyIntolerance => ({
  resourceType: 'AllergyIntolerance',
  id: chart.id(`allergy-${index}`),
  clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', 'active'),
  verificationStatus: coded('http://terminology.hl7.org/CodeSystem/allergyintolerance-verification', 'confirmed'),
  code: concept(what),
  patient: chart.subject,
  recordedDate: chart.at(chart.history.diagnoses[0]?.days ?? 0, 12),
  recorder: chart.doctor,
  ...(reaction === undefined ? {} : { reaction: [{ manifestation: [{ text: reaction }] }] }),
});

const planOf = (chart: Chart): CarePlan => ({
  resourceType: 'CarePlan',
  id: chart.id('plan'),
  status: 'active',
  intent: 'plan',
  title: 'Treatment plan',
  description: chart.history.plan,
  subject: chart.subject,
  period: { start: chart.at(chart.history.diagnoses[0]?.days ?? 0, 12) },
  author: chart.doctor,
  addresses: [{ reference: `Condition/${chart.id('diagnosis-0')}` }],
});
