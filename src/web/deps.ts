/** What the pages need of the house. The store itself is not among it: each request brings its own narrowed reader. */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Find } from '../exchange/find.ts';
import type { Timeline } from '../exchange/timeline.ts';
import type { Clock, IdMaker } from '../fhir/resource.ts';
import type { Outside } from '../record/outside.ts';
import type { RecordKeeper } from '../record/record.ts';
import type { Reader } from '../store/store.ts';
import type { ApiDeps } from './api.ts';
import type { Plans } from './form/plans.ts';
import type { When } from './when.ts';

export interface PageDeps {
  readonly find: Find;
  readonly keeper: RecordKeeper;
  readonly clock: Clock;
  readonly ids: IdMaker;
  /** Undefined where there is no such patient, or the reader may not see them. */
  readonly timeline: (reader: Reader, patientId: string) => Promise<Timeline | undefined>;
  /** How often each questionnaire is asked, by its URL. */
  readonly intervals: ReadonlyMap<string, { readonly days: number; readonly graceDays: number }>;
  /** Lowest and highest value that each score can take, by `system|code`. */
  readonly ranges: ReadonlyMap<string, readonly [low: number, high: number]>;
  readonly siteName: string;
  readonly when: When;
  /** Standing warnings for every page. */
  readonly notices: readonly string[];
  /** Whom to turn to outside working hours. */
  readonly outOfHours: string | undefined;
  readonly plans: Plans;
  /** What the expressions of a questionnaire may know of the record, as that reader sees it. */
  readonly outside: (reader: Reader) => Outside;
  /** What `$next-question` answers for an adaptive response. */
  readonly next: (response: QuestionnaireResponse, reader: Reader) => Promise<QuestionnaireResponse>;
  /** Told of what went wrong and stopped nobody. */
  readonly fault: (error: unknown) => void;
  /** Telephone numbers that advice to patients names. */
  readonly numbers: { readonly emergency: string; readonly crisis: string };
  /** IANA name: what a time without zone means at this site. */
  readonly timeZone: string;
  /** What the pages about the REST interface tell of. */
  readonly api: Pick<ApiDeps, 'offer' | 'registry' | 'base'>;
}
