/** The code systems and value sets that extensions of the SDC guide are bound to. https://hl7.org/fhir/uv/sdc/STU4/artifacts.html#terminology-code-systems */
import type { CodeSystem, ValueSet, ValueSetComposeInclude } from 'fhir/r4';

const SDC = 'http://hl7.org/fhir/uv/sdc';

export const LAUNCH_CONTEXT = `${SDC}/CodeSystem/launchContext`;

interface Codes {
  readonly title: string;
  /** Code → display. */
  readonly codes: Readonly<Record<string, string>>;
  /** Codes that only stand for others. */
  readonly abstract?: readonly string[];
  /** Has no value set of the same name. */
  readonly alone?: true;
}

const SYSTEMS: Readonly<Record<string, Codes>> = {
  'assemble-expectation': {
    title: 'Assemble expectation',
    codes: {
      assembly: 'Assembly needed',
      independent: 'No assembly needed',
      root: 'Root Questionnaires',
      child: 'Child Questionnaires',
      'assemble-root-or-child': 'Assembly-required root or child',
      'assemble-root': 'Assembly-required root',
      'assemble-child': 'Assembly required child',
      'independent-root-or-child': 'Assembled root-or-child',
      'independent-child': 'Assembled child',
    },
    abstract: ['assembly', 'independent', 'root', 'child'],
  },
  collapsible: { title: 'Collapsible', codes: { 'default-open': 'Default Open', 'default-closed': 'Default Closed' } },
  entryMode: { title: 'Entry mode', codes: { sequential: 'Sequential', 'prior-edit': 'Prior Edit', random: 'Random' } },
  keyboardType: { title: 'Keyboard type', codes: { phone: 'Phone', email: 'email', number: 'Number', url: 'URL', chat: 'Chat' } },
  launchContext: {
    title: 'Launch context',
    codes: { patient: 'Patient', encounter: 'Encounter', location: 'Location', user: 'User', study: 'ResearchStudy', clinical: 'Clinical' },
  },
  'observation-extract-relationship': {
    title: 'Relationship of extracted observations',
    codes: { component: 'Component', member: 'Member', derived: 'Derived', independent: 'Independent' },
  },
  'questionnaire-answer-constraint': {
    title: 'Answer constraint',
    codes: { optionsOnly: 'Options only', optionsOrType: "Options or 'type'", optionsOrString: 'Options or string' },
  },
  temp: {
    title: 'Temporary codes',
    codes: {
      'complete-questionnaire': 'Complete Questionnaire',
      questionnaire: 'Questionnaire',
      'questionnaire-response': 'Questionnaire Response',
      'response-endpoint': 'Response Endpoint',
      'question-library': 'Question Library',
    },
    alone: true,
  },
};

/** Value sets of codes that are drawn from other systems. */
const DRAWN: Readonly<Record<string, { readonly title: string; readonly include: ValueSetComposeInclude[] }>> = {
  performerType: {
    title: 'Performer type',
    include: [{ system: 'http://hl7.org/fhir/resource-types', concept: ['Patient', 'Practitioner', 'RelatedPerson'].map((code) => ({ code })) }],
  },
  'task-code': {
    title: 'Task code',
    include: [
      { system: `${SDC}/CodeSystem/temp`, concept: [{ code: 'complete-questionnaire' }] },
      { system: 'http://hl7.org/fhir/CodeSystem/task-code', concept: [{ code: 'fulfill' }] },
    ],
  },
};

const NOT_SELECTABLE = 'notSelectable';

function codeSystem(id: string, { title, codes, abstract = [] }: Codes, version: string): CodeSystem {
  const marked = (code: string) => (abstract.includes(code) ? { property: [{ code: NOT_SELECTABLE, valueBoolean: true }] } : {});
  return {
    resourceType: 'CodeSystem',
    id,
    url: `${SDC}/CodeSystem/${id}`,
    version,
    name: id.replaceAll('-', '_'),
    title,
    status: 'active',
    publisher: 'HL7',
    caseSensitive: true,
    content: 'complete',
    ...(abstract.length === 0
      ? {}
      : { property: [{ code: NOT_SELECTABLE, uri: `http://hl7.org/fhir/concept-properties#${NOT_SELECTABLE}`, type: 'boolean' }] }),
    concept: Object.entries(codes).map(([code, display]) => ({ code, display, ...marked(code) })),
  };
}

const valueSet = (id: string, title: string, include: ValueSetComposeInclude[], version: string): ValueSet => ({
  resourceType: 'ValueSet',
  id,
  url: `${SDC}/ValueSet/${id}`,
  version,
  name: id.replaceAll('-', '_'),
  title,
  status: 'active',
  publisher: 'HL7',
  compose: { include },
});

export function sdcTerms(version: string): (CodeSystem | ValueSet)[] {
  const systems = Object.entries(SYSTEMS).flatMap(([id, codes]) => {
    const system = codeSystem(id, codes, version);
    return codes.alone === true ? [system] : [system, valueSet(id, codes.title, [{ system: system.url ?? '' }], version)];
  });
  return [...systems, ...Object.entries(DRAWN).map(([id, { title, include }]) => valueSet(id, title, include, version))];
}
