/**
 * Whose record may be asked for: enrolled patients with an active consent, as the store says at that moment. Asked
 * before the hospital is, and again before each write. What a consent says beyond the plain permit is not understood
 * here and therefore is no permit.
 */
import type { CarePlan, Consent } from 'fhir/r4';
import { dateRange, startOf } from '../fhir/datetime.ts';
import { codeSystem } from '../fhir/names.ts';
import { localRef } from '../fhir/reference.ts';
import type { Clock, Ref } from '../fhir/resource.ts';
import { and, not, type Tree } from '../search/ast.ts';
import type { Reader } from '../store/store.ts';
import { code, type Find, pointsAt, resourceOf, token } from './find.ts';

export interface Gate {
  /** Every enrolled patient, in the order of enrolment. A plan that came from a hospital enrols nobody. */
  enrolled(): AsyncGenerator<Ref>;
  /** Enrolled, and consents to the hospital's record being shared with this centre. */
  maySee(patient: Ref): Promise<boolean>;
}

const PAGE = 200;
/** More consents than a patient will have; beyond them nothing is permitted. */
const MOST_CONSENTS = 50;

export function createGate(reader: Reader, find: Find, clock: Clock): Gate {
  const programme = [
    find.where('CarePlan', 'status', code('active')),
    find.where('CarePlan', 'category', token(codeSystem('care-plan'), 'symptom-monitoring')),
    not(find.where('CarePlan', '_tag', { is: 'token', system: codeSystem('source') })),
  ];
  return {
    enrolled: () => enrolledIn(reader, and(...programme)),
    maySee: async (patient) => {
      const plans = await find.list(reader, { type: 'CarePlan', where: [find.where('CarePlan', 'patient', pointsAt(patient)), ...programme], limit: 1 });
      if (plans.resources.length === 0) return false;
      const where = [find.where('Consent', 'patient', pointsAt(patient)), find.where('Consent', 'status', code('active'))];
      const consents = await find.list(reader, { type: 'Consent', where, limit: MOST_CONSENTS });
      return !consents.more && permits(consents.resources, clock().getTime());
    },
  };
}

async function* enrolledIn(reader: Reader, where: Tree): AsyncGenerator<Ref> {
  const seen = new Set<Ref>();
  let after: string | undefined;
  do {
    const page = await reader.search({
      of: [{ type: 'CarePlan', where }],
      sort: [],
      count: PAGE,
      total: 'none',
      include: [],
      ...(after === undefined ? {} : { after }),
    });
    for (const version of page.matches) {
      const patient = localRef(resourceOf<CarePlan>(version).subject.reference ?? '');
      if (patient === undefined || seen.has(patient)) continue;
      seen.add(patient);
      yield patient;
    }
    after = page.next;
  } while (after !== undefined);
}

/** At least one permits and none denies. https://hl7.org/fhir/R4/consent.html */
function permits(consents: readonly Consent[], now: number): boolean {
  const sharing = consents.filter((consent) => isAboutSharing(consent) && isInForce(consent, now));
  return sharing.some(isPlainPermit) && !sharing.some(({ provision }) => provision?.type === 'deny');
}

const isAboutSharing = ({ category }: Consent): boolean =>
  category.some(({ coding = [] }) => coding.some(({ system, code: value }) => system === codeSystem('consent') && value === 'share-hospital-record'));

/** What limits a permit to some people, purposes or data, or takes exceptions from it, would have to be understood. */
const LIMITS = ['provision', 'actor', 'action', 'securityLabel', 'purpose', 'class', 'code', 'dataPeriod', 'data'] as const;

const isPlainPermit = ({ provision }: Consent): boolean => provision?.type === 'permit' && LIMITS.every((limit) => provision[limit] === undefined);

/** Both ends included; one that cannot be read is not in force. */
function isInForce({ provision }: Consent, now: number): boolean {
  const { start, end } = provision?.period ?? {};
  const from = start === undefined ? Number.NEGATIVE_INFINITY : (startOf(start) ?? Number.POSITIVE_INFINITY);
  const until = end === undefined ? Number.POSITIVE_INFINITY : (dateRange(end)?.high ?? Number.NEGATIVE_INFINITY);
  return from <= now && now < until;
}
