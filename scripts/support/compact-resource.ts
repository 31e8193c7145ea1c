/** Cuts HL7's definitions down to what a server reads: no narrative, no addresses, no remarks on how an element is mapped or was balloted. */
import type { Resource } from '../../src/fhir/resource.ts';

const UNREAD = new Set([
  'text',
  'meta',
  'contact',
  'mapping',
  'jurisdiction',
  'useContext',
  'purpose',
  'copyright',
  'publisher',
  'comment',
  'requirements',
  'alias',
  'example',
  'xpath',
  'xpathUsage',
  'condition',
]);

/** Extensions that say something of what a definition means. */
const READ_EXTENSIONS = new Set(
  [
    'elementdefinition-maxValueSet',
    'elementdefinition-minValueSet',
    'elementdefinition-translatable',
    'elementdefinition-bestpractice',
    'elementdefinition-allowedUnits',
    'structuredefinition-fhir-type',
    'regex',
    'operationdefinition-allowed-type',
    'codesystem-replacedby',
    'valueset-concept-definition',
    'valueset-expand-rules',
    'valueset-expand-group',
    'valueset-warning',
  ].map((name) => `http://hl7.org/fhir/StructureDefinition/${name}`),
);

const STANDARDS_STATUS = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status';
/** What a user of the definition is warned of; the other states say how far its ballot has come. */
const WARNED = new Set(['draft', 'deprecated', 'withdrawn']);

interface Extension {
  readonly url: string;
  readonly valueCode?: string;
}

/** The resource without what nobody here reads. */
export function compactResource(resource: Resource): Resource {
  const { date, ...rest } = compact(resource) as Resource & { date?: string };
  return { ...rest, ...(date === undefined ? {} : { date: date.slice(0, 'yyyy-mm-dd'.length) }) };
}

function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value.trim() : value;
  const rows = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (UNREAD.has(name)) return [];
    const kept = name === 'extension' ? (member as Extension[]).filter(isRead) : compact(member);
    return isEmpty(kept) ? [] : [[name, kept]];
  });
  return Object.fromEntries(rows);
}

const isRead = ({ url, valueCode = '' }: Extension): boolean => READ_EXTENSIONS.has(url) || (url === STANDARDS_STATUS && WARNED.has(valueCode));
const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
