/** What a handler is given, what it needs from the rest of the house, and what a row of the route table is. */
import type { Action, Permit } from '../access/permit.ts';
import type { Registry } from '../definitions/registry.ts';
import type { Bridge } from '../exchange/pull.ts';
import type { Timeline } from '../exchange/timeline.ts';
import type { Clock, IdMaker, Resource } from '../fhir/resource.ts';
import type { Packages } from '../packages/packages.ts';
import type { TerminologyService } from '../packages/terminology-service.ts';
import type { Bank } from '../questionnaire/adaptive/bank.ts';
import type { Outside } from '../record/outside.ts';
import type { Questionnaires } from '../record/questionnaires.ts';
import type { RecordKeeper } from '../record/record.ts';
import type { SearchIndex } from '../record/search-index.ts';
import type { Params } from '../search/params.ts';
import type { Reader } from '../store/store.ts';
import type { Validation } from '../validate/validator.ts';
import type { Description } from './description.ts';
import type { Context, FhirRequest, FhirResponse } from './message.ts';
import type { Seal } from './seal.ts';

/** The rest of the house, as handlers see it. */
export interface Services {
  readonly registry: Registry;
  readonly params: Params;
  readonly keeper: RecordKeeper;
  /** The store narrowed to a permit: the only way in which a handler comes by one. */
  readonly readerFor: (permit: Permit) => Reader;
  /** A resource against its type and, for a QuestionnaireResponse, its Questionnaire. Asks the store under the caller's rights. */
  readonly validate: (resource: Resource, reader: Reader, profiles?: readonly string[]) => Promise<Validation['issues']>;
  readonly terminology: TerminologyService;
  readonly bridge: Pick<Bridge, 'pullAll' | 'pullPatient'>;
  /** Undefined where there is no such patient, or the reader may not see them. */
  readonly timeline: (reader: Reader, patientId: string) => Promise<Timeline | undefined>;
  readonly packages: Packages;
  readonly searchIndex: Pick<SearchIndex, 'again' | 'underWay'>;
  readonly forms: Forms;
  readonly clock: Clock;
  /** Of links to further pages. */
  readonly seal: Seal;
  readonly settings: WriteSettings;
  /** What the server says of itself. */
  readonly description: Description;
}

/** What the operations on questionnaires need. */
interface Forms {
  readonly questionnaires: Questionnaires;
  /** Of adaptive tests. */
  readonly banks: readonly Bank[];
  /** What expressions may know, as far as it is not the caller's own. */
  readonly around: () => Omit<Outside, 'reader'>;
  readonly ids: IdMaker;
}

/** What the server lets writers do. */
interface WriteSettings {
  /** Whether a PUT to an id that is not there yet creates it. https://hl7.org/fhir/R4/http.html#upsert */
  readonly updateCreate: 'on' | 'off';
  /** Whether one conditional deletion may delete several. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
  readonly conditionalDelete: 'single' | 'multiple';
}

/** One request on its way through a handler. */
export interface Call extends Context {
  readonly request: FhirRequest;
  /** What the path's `:names` stood for. */
  readonly named: Readonly<Record<string, string>>;
  readonly services: Services;
  /** Answers another request under the same permit: an entry of a Bundle. */
  readonly dispatch: (request: FhirRequest) => Promise<FhirResponse>;
}

type Handler = (call: Call) => FhirResponse | Promise<FhirResponse>;

/**
 * Who may come in. `public`: everyone. `any`: whoever has a permit, because each part of the request is judged by
 * itself. `admin`: who may do everything. Otherwise: whose permit has a grant for that action on the type in the path.
 */
export type Policy = 'public' | 'any' | 'admin' | Action;

export interface Route {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:type/:id/_history/:version`; `:type` stands for any resource type. '' is the base itself. */
  readonly path: string;
  /** FHIR's name for the interaction, or the operation with its `$`. https://hl7.org/fhir/R4/valueset-system-restful-interaction.html */
  readonly interaction: string;
  readonly policy: Policy;
  readonly handle: Handler;
}
