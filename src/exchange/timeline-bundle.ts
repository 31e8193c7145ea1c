/**
 * The timeline as FHIR: a collection whose first entry, a Composition, says which section each of the others belongs
 * to and why a section is empty. Where an entry came from stands in the resource's own `meta.source` and, with the
 * time when it was fetched, in an extension of the entry. https://hl7.org/fhir/R4/bundle.html#collection
 */
import type { Bundle, BundleEntry, CodeableConcept, Composition, CompositionSection, Extension, FhirResource, Narrative } from 'fhir/r4';
import { codeSystem, extensionUrl } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import type { Category } from './pulled.ts';
import type { CategoryStatus, HospitalStatus } from './status.ts';
import type { Section, Source, Timeline } from './timeline.ts';
import { BRIDGE_DEVICE } from './visit.ts';

interface Listed {
  readonly ref: Ref;
  readonly source: Source;
  readonly resource: FhirResource;
}

interface SectionPlan {
  readonly section: Section;
  readonly title: string;
  readonly entries: readonly Listed[];
  /** The part of the hospitals' records that it shows. */
  readonly category?: Category;
}

/** `base`: the server's own FHIR base, without a trailing slash. */
export function timelineBundle(timeline: Timeline, base: string): Bundle {
  const sections = sectionsOf(timeline);
  const listed = new Map([timeline.patient, ...sections.flatMap(({ entries }) => entries)].map((entry) => [entry.ref, entry]));
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: timeline.asOf,
    entry: [{ resource: compositionOf(timeline, sections) }, ...[...listed.values()].map((entry) => entryOf(entry, base))],
  };
}

function sectionsOf(timeline: Timeline): readonly SectionPlan[] {
  const { alerts, scores, unread, responses, history, medicines, allergies, referrals, openTasks } = timeline;
  const written = new Set(unread.map(({ response }) => response));
  const behind = new Set(alerts.flatMap(({ findings }) => findings.flatMap((finding) => finding.responses)));
  return [
    {
      section: 'alerts',
      title: 'Open alerts',
      entries: [
        ...alerts.flatMap(({ findings, task, ...alert }) => [alert, ...findings, ...(task === undefined ? [] : [task])]),
        ...responses.filter(({ ref }) => behind.has(ref)),
      ],
    },
    { section: 'scores', title: 'Scores over time', entries: scores.flatMap(({ points }) => points) },
    { section: 'free-text', title: 'Unread free text', entries: responses.filter(({ ref }) => written.has(ref)) },
    { section: 'history', title: 'Treatment history', entries: history, category: 'history' },
    { section: 'medicines', title: 'Medicines', entries: medicines, category: 'medicines' },
    { section: 'allergies', title: 'Allergies', entries: allergies, category: 'allergies' },
    { section: 'referrals', title: 'Referrals', entries: referrals.flatMap(({ task, ...referral }) => [referral, ...(task === undefined ? [] : [task])]) },
    { section: 'tasks', title: 'Other open work', entries: openTasks },
  ];
}

function entryOf({ ref, source, resource }: Listed, base: string): BundleEntry {
  return { extension: [sourceExtension(source)], fullUrl: `${base}/${ref}`, resource };
}

const sourceExtension = ({ hospital, url, fetched }: Source): Extension => ({
  url: extensionUrl('timeline-source'),
  extension: [
    ...(hospital === undefined ? [] : [{ url: 'hospital', valueString: hospital }]),
    ...(url === undefined ? [] : [{ url: 'source', valueUri: url }]),
    { url: 'fetched', valueInstant: fetched },
  ],
});

function compositionOf(timeline: Timeline, sections: readonly SectionPlan[]): Composition {
  return {
    resourceType: 'Composition',
    status: 'final',
    type: { coding: [{ system: codeSystem('document'), code: 'timeline' }], text: 'Symptoms and treatment over time' },
    subject: { reference: timeline.patient.ref },
    date: timeline.asOf,
    author: [{ reference: BRIDGE_DEVICE, display: 'PRO Bridge' }],
    title: 'Symptoms and treatment over time',
    section: sections.map((plan) => sectionOf(plan, timeline)),
  };
}

function sectionOf({ section, title, entries, category }: SectionPlan, { hospitals, cut }: Timeline): CompositionSection {
  const states = category === undefined ? [] : hospitals.map((hospital) => ({ hospital, state: hospital.categories[category] }));
  const words = [
    ...states.map(({ hospital, state }) => `${hospital.name}: ${wordsFor(state)}.`),
    ...(cut.includes(section) ? ['Only the newest are given.'] : []),
  ];
  const refs = [...new Set(entries.map(({ ref }) => ref))];
  return {
    ...(states.length === 0 ? {} : { extension: states.map(({ hospital, state }) => stateExtension(hospital, state)) }),
    title,
    code: { coding: [{ system: codeSystem('timeline-section'), code: section }] },
    text: narrative(words.length === 0 ? [refs.length === 0 ? 'None.' : `${refs.length} entries.`] : words),
    ...(refs.length === 0 ? { emptyReason: emptyReason(states.map(({ state }) => state)) } : { entry: refs.map((reference) => ({ reference })) }),
  };
}

/** The state of a hospital's part of a section, for programs. */
function stateExtension({ name }: HospitalStatus, status: CategoryStatus): Extension {
  const fetched = 'fetched' in status ? status.fetched : undefined;
  return {
    url: extensionUrl('timeline-state'),
    extension: [
      { url: 'hospital', valueString: name },
      { url: 'state', valueCode: status.state },
      ...('why' in status ? [{ url: 'why', valueCode: status.why }] : []),
      ...(fetched === undefined ? [] : [{ url: 'fetched', valueInstant: fetched }]),
      ...(status.state === 'failed' ? [{ url: 'since', valueInstant: status.since }] : []),
      ...('count' in status ? [{ url: 'count', valueUnsignedInt: status.count }] : []),
    ],
  };
}

const WHY_NOT: Readonly<Record<string, string>> = {
  'no-consent': 'not shared: the patient has given no consent',
  'hospital-refused': 'not shared: the hospital does not let us read it',
  'not-asked-yet': 'never fetched',
  'to-confirm': 'never fetched: a person must first confirm that the record is this patient’s',
  declined: 'never fetched: a person found that the record is not this patient’s',
  'not-found': 'never fetched: the hospital has no such patient',
};

/** How a category stands, in words that end without a full stop. */
function wordsFor(status: CategoryStatus): string {
  switch (status.state) {
    case 'fetched':
      return `${status.count === 0 ? 'none recorded, ' : ''}fetched ${status.fetched}${status.skipped > 0 ? `, ${status.skipped} could not be taken over` : ''}`;
    case 'failed':
      return `could not be fetched since ${status.since}${status.fetched === undefined ? '' : `, last fetched ${status.fetched}`}`;
    default:
      return WHY_NOT[status.why] ?? status.why;
  }
}

/** https://hl7.org/fhir/R4/valueset-list-empty-reason.html, and a code of our own where a hospital has recorded nothing. */
function emptyReason(states: readonly CategoryStatus[]): CodeableConcept {
  const standard = (code: string): CodeableConcept => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code }] });
  if (states.some(({ state }) => state === 'failed')) return standard('unavailable');
  if (states.some(({ state }) => state === 'not-shared')) return standard('withheld');
  if (states.some(({ state }) => state === 'never-fetched')) return standard('notstarted');
  return { coding: [{ system: codeSystem('timeline-section'), code: 'none-recorded' }], text: 'None recorded' };
}

function narrative(lines: readonly string[]): Narrative {
  const paragraphs = lines.map((line) => `<p>${line.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)}</p>`).join('');
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs}</div>` };
}
