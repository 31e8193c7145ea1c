/**
 * The one frozen configuration, and the only reader of the environment. Each setting is a row of `SETTINGS`:
 * `--help` and docs/configuration.md are the same rows printed.
 */
import { join } from 'node:path';

export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Without a trailing slash; undefined: made of the address that the server got. */
  readonly baseUrl: string | undefined;
  readonly dataDir: string;
  readonly database: Database;
  readonly auth: 'smart' | 'off';
  readonly logLevel: LogLevel;
  readonly siteName: string;
  /** IANA name: what "today", a date without zone and working hours mean at this site. */
  readonly timeZone: string;
  /** Undefined: as the policy beside the instruments says. */
  readonly workingHours: WorkingHours | undefined;
  /** Undefined: those that come with the server. */
  readonly instruments: string | undefined;
  /** Undefined only under AUTH=smart: then instruments with red flags are not offered. */
  readonly emergencyNumber: string | undefined;
  readonly crisisNumber: string | undefined;
  readonly outOfHoursContact: string | undefined;
  readonly hospitals: readonly Hospital[];
  /** Minutes; 0: only by hand. */
  readonly pullInterval: number;
  readonly references: 'checked' | 'free';
  /** What it is that an answer names a Questionnaire that is not stored here. */
  readonly unknownQuestionnaires: 'error' | 'warning';
  /** By resource type: the profiles that each resource of it must conform to. */
  readonly requiredProfiles: ReadonlyMap<string, readonly string[]>;
  /** What it is that a resource names a profile that is not loaded. */
  readonly unknownProfiles: 'warning' | 'error';
  /** Whether a PUT to an id that is not there yet creates it. */
  readonly updateCreate: 'on' | 'off';
  readonly conditionalDelete: 'single' | 'multiple';
  /** Whether Chinese names are found by their pinyin too. */
  readonly namePinyin: 'on' | 'off';
  /** FHIR base of another terminology server, without a trailing slash; undefined: none is asked. */
  readonly terminologyServer: string | undefined;
  readonly clock: 'system' | 'parent';
  /** Bytes of a request's body, unpacked. */
  readonly maxBody: number;
}

type Database = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly file: string };
type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

interface Hospital {
  readonly name: string;
  /** Its FHIR base, without a trailing slash. */
  readonly url: string;
}

export interface WorkingHours {
  /** ISO weekdays, Monday is 1. */
  readonly days: readonly number[];
  /** `08:00`, site time. */
  readonly from: string;
  readonly to: string;
}

interface Setting<T> {
  readonly name: string;
  /** What may stand in it, as in "…; allowed: <type>". */
  readonly type: string;
  /** As it would be written; '' for none. */
  readonly preset: string;
  readonly text: string;
  /** Undefined where the text is not allowed. */
  readonly read: (text: string) => { readonly value: T } | undefined;
}

/** A value that stops the start. The message is the sentence to print. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const EXAMPLE = { emergencyNumber: '000 (example)', crisisNumber: '001 (example)', outOfHoursContact: '002 (example)' };

const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  host: { name: 'HOST', type: 'an address or host name', preset: '127.0.0.1', text: 'Address to listen on.', read: readWord },
  port: { name: 'PORT', type: 'a whole number from 0 to 65535', preset: '8080', text: 'Port to listen on; 0 takes any that is free.', read: whole(0, 65_535) },
  baseUrl: {
    name: 'BASE_URL',
    type: 'an http or https URL without query',
    preset: '',
    text: 'FHIR base as clients see it; without it http://HOST:PORT/fhir. To be set behind a proxy.',
    read: optional(readUrl),
  },
  dataDir: { name: 'DATA_DIR', type: 'a folder', preset: './data', text: 'Where the server keeps its files.', read: readText },
  database: {
    name: 'DATABASE_URL',
    type: 'sqlite:<file> or memory:',
    preset: 'sqlite:',
    text: 'The store; sqlite: alone is pro-bridge.sqlite in DATA_DIR, memory: forgets all at the end.',
    read: readDatabase,
  },
  auth: {
    name: 'AUTH',
    type: 'smart or off',
    preset: 'smart',
    text: 'smart: a token for everything but the public endpoints. off: everything for everyone, on a loopback address only.',
    read: oneOf('smart', 'off'),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    type: 'silent, error, warn, info or debug',
    preset: 'info',
    text: 'How much is logged. Personal data never is.',
    read: oneOf('silent', 'error', 'warn', 'info', 'debug'),
  },
  siteName: { name: 'SITE_NAME', type: 'a text', preset: 'PRO Bridge', text: 'What this place is called, on pages and in what it signs.', read: readText },
  timeZone: {
    name: 'TIME_ZONE',
    type: 'an IANA time zone such as Europe/Oslo',
    preset: 'UTC',
    text: 'What dates without zone and working hours mean here.',
    read: readTimeZone,
  },
  workingHours: {
    name: 'WORKING_HOURS',
    type: 'two days and two times, as in mon-fri 08:00-16:00',
    preset: '',
    text: "When staff are at work; deadlines in working hours count these. Without it, the policy's.",
    read: optional(readWorkingHours),
  },
  instruments: {
    name: 'INSTRUMENTS_DIR',
    type: 'a folder laid out as questionnaires/',
    preset: '',
    text: "A site's own copy of the instruments and of policy.json. Without it, those that come with the server.",
    read: optional(readText),
  },
  emergencyNumber: {
    name: 'EMERGENCY_NUMBER',
    type: 'a telephone number',
    preset: '',
    text: 'What patients call in an emergency. Without it, under AUTH=smart, no instrument with red flags is offered.',
    read: optional(readText),
  },
  crisisNumber: {
    name: 'CRISIS_NUMBER',
    type: 'a telephone number',
    preset: '',
    text: 'A crisis line for people who think of suicide; as above.',
    read: optional(readText),
  },
  outOfHoursContact: {
    name: 'OUT_OF_HOURS_CONTACT',
    type: 'a telephone number or a few words',
    preset: '',
    text: 'Whom staff and patients turn to outside working hours; shown on the staff pages.',
    read: optional(readText),
  },
  hospitals: {
    name: 'HOSPITALS',
    type: 'name=url, more of them after commas',
    preset: '',
    text: 'The tertiary hospitals to pull treatment history from, each with its FHIR base.',
    read: readHospitals,
  },
  pullInterval: {
    name: 'PULL_INTERVAL',
    type: 'a whole number of minutes from 0 to 10080',
    preset: '0',
    text: 'How often to pull; 0: only by hand.',
    read: whole(0, 10_080),
  },
  references: {
    name: 'REFERENCES',
    type: 'checked or free',
    preset: 'checked',
    text: 'checked: what a resource refers to on this server must be there.',
    read: oneOf('checked', 'free'),
  },
  unknownQuestionnaires: {
    name: 'UNKNOWN_QUESTIONNAIRES',
    type: 'error or warning',
    preset: 'error',
    text: 'What it is that an answer names a Questionnaire that is not stored here. warning: it is stored unchecked and without scores.',
    read: oneOf('error', 'warning'),
  },
  requiredProfiles: {
    name: 'REQUIRED_PROFILES',
    type: 'type=canonical, more of them after commas',
    preset: '',
    text: 'Profiles that each resource of a type must conform to, whether it claims them or not; a type may stand there several times.',
    read: readProfiles,
  },
  unknownProfiles: {
    name: 'UNKNOWN_PROFILES',
    type: 'warning or error',
    preset: 'warning',
    text: 'What it is that meta.profile names a profile that is not loaded. error: such a resource is refused.',
    read: oneOf('warning', 'error'),
  },
  updateCreate: {
    name: 'UPDATE_CREATE',
    type: 'on or off',
    preset: 'on',
    text: 'Whether PUT Type/id creates what is not there yet. off: 405, and the server alone gives ids.',
    read: oneOf('on', 'off'),
  },
  conditionalDelete: {
    name: 'CONDITIONAL_DELETE',
    type: 'single or multiple',
    preset: 'single',
    text: 'Whether DELETE Type?criteria may delete several (1000 at most), or is refused where it finds more than one.',
    read: oneOf('single', 'multiple'),
  },
  terminologyServer: {
    name: 'TERMINOLOGY_SERVER',
    type: 'an http or https URL without query',
    preset: '',
    text: 'FHIR base of a server that is asked about codes which no code system here has. It gets the value set and the code, nothing else.',
    read: optional(readUrl),
  },
  namePinyin: {
    name: 'NAME_PINYIN',
    type: 'on or off',
    preset: 'off',
    text: 'Whether Chinese names are found by their pinyin too: in full and by its initials. A change makes the search index anew at the start.',
    read: oneOf('on', 'off'),
  },
  clock: {
    name: 'CLOCK',
    type: 'system or parent',
    preset: 'system',
    text: 'parent: the process that started this one says what time it is; for demonstrations, with AUTH=off only.',
    read: oneOf('system', 'parent'),
  },
  maxBody: {
    name: 'MAX_BODY',
    type: 'a whole number of bytes from 1024 to 1073741824',
    preset: '10485760',
    text: 'Longest body of a request.',
    read: whole(1024, 2 ** 30),
  },
};

/** The settings as they are printed, in order. */
export const settings = (): readonly Pick<Setting<unknown>, 'name' | 'type' | 'preset' | 'text'>[] => Object.values(SETTINGS);

/** Reads and checks everything. Throws ConfigError, whose message names the variable, the value and what is allowed. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const values = Object.fromEntries(Object.entries(SETTINGS).map(([key, setting]) => [key, readSetting(setting, environment[setting.name])]));
  return Object.freeze(together(values as unknown as Config)); // one value of the right type for each key of SETTINGS, which has all of Config's
}

function readSetting({ name, type, preset, read }: Setting<unknown>, text: string | undefined): unknown {
  const given = text?.trim() ?? '';
  const found = read(given === '' ? preset : given);
  if (found === undefined) throw new ConfigError(`${name} is ${JSON.stringify(given)}; allowed: ${type}.`);
  return found.value;
}

/** What one setting means for another. */
function together(config: Config): Config {
  if (config.auth === 'off' && !isLoopback(config.host)) {
    throw new ConfigError(
      `HOST is "${config.host}" with AUTH "off"; allowed: a loopback address such as 127.0.0.1, since everyone who reaches the server may do everything.`,
    );
  }
  if (config.auth !== 'off' && config.clock === 'parent') throw new ConfigError('CLOCK is "parent" with AUTH "smart"; allowed: system.');
  const database =
    config.database.kind === 'sqlite' && config.database.file === ''
      ? { kind: 'sqlite' as const, file: join(config.dataDir, 'pro-bridge.sqlite') }
      : config.database;
  return { ...config, database, ...(config.auth === 'off' ? withExamples(config) : {}) };
}

/** Only where the server talks to nobody but this machine: numbers that nobody will take for real. */
const withExamples = (config: Config) => ({
  emergencyNumber: config.emergencyNumber ?? EXAMPLE.emergencyNumber,
  crisisNumber: config.crisisNumber ?? EXAMPLE.crisisNumber,
  outOfHoursContact: config.outOfHoursContact ?? EXAMPLE.outOfHoursContact,
});

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** The table for `--help`. */
export function help(): string {
  const rows = settings().map(
    ({ name, type, preset, text }) => `  ${name.padEnd(22)}${text}\n${' '.repeat(24)}${type}${preset === '' ? '' : `; default ${preset}`}`,
  );
  return ['Settings, each an environment variable:', '', ...rows, ''].join('\n');
}

// ---- readers: text → value, or undefined where it is not allowed ----

type Reader<T> = (text: string) => { readonly value: T } | undefined;

function readText(text: string): { value: string } {
  return { value: text };
}

function readWord(text: string) {
  return /^[^\s/]+$/.test(text) ? { value: text } : undefined;
}

function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (text) => (text === '' ? { value: undefined } : read(text));
}

function whole(low: number, high: number): Reader<number> {
  return (text) => (/^\d{1,12}$/.test(text) && Number(text) >= low && Number(text) <= high ? { value: Number(text) } : undefined);
}

function oneOf<T extends string>(...allowed: readonly T[]): Reader<T> {
  return (text) => {
    const value = allowed.find((candidate) => candidate === text);
    return value === undefined ? undefined : { value };
  };
}

function readUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') return undefined;
  return { value: url.href.replace(/\/$/, '') };
}

function readDatabase(text: string): { value: Database } | undefined {
  if (text === 'memory:') return { value: { kind: 'memory' } };
  return text.startsWith('sqlite:') ? { value: { kind: 'sqlite', file: text.slice('sqlite:'.length) } } : undefined;
}

function readTimeZone(text: string) {
  try {
    return { value: new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone };
  } catch {
    return undefined;
  }
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function readWorkingHours(text: string): { value: WorkingHours } | undefined {
  const [, first = '', last = '', from = '', to = ''] =
    /^(\w{3})-(\w{3}) ((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.exec(text.toLowerCase()) ?? [];
  if (!DAYS.includes(first) || !DAYS.includes(last) || from >= to) return undefined;
  return { value: Object.freeze({ days: daysBetween(DAYS.indexOf(first), DAYS.indexOf(last)), from, to }) };
}

/** ISO weekdays, both included; a week goes on after Sunday, so that sun-thu and mon-fri are said in the same way. */
function daysBetween(first: number, last: number): number[] {
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, step) => ((first + step) % 7) + 1);
}

function readHospitals(text: string): { value: readonly Hospital[] } | undefined {
  const hospitals = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [readHospital(part.trim())]));
  const complete = hospitals.filter((hospital) => hospital !== undefined);
  const names = new Set(complete.map(({ name }) => name));
  return complete.length === hospitals.length && names.size === hospitals.length ? { value: Object.freeze(complete) } : undefined;
}

function readProfiles(text: string): { value: ReadonlyMap<string, readonly string[]> } | undefined {
  const pairs = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [/^([A-Z][A-Za-z]+)\s*=\s*([a-z][a-z0-9+.-]*:[^\s,]+)$/.exec(part.trim())]));
  const complete = pairs.filter((pair) => pair !== null);
  if (complete.length < pairs.length) return undefined;
  const byType = Map.groupBy(complete, ([, type = '']) => type);
  return { value: new Map([...byType].map(([type, rows]) => [type, rows.map(([, , canonical = '']) => canonical)])) };
}

function readHospital(text: string): Hospital | undefined {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const url = readUrl(text.slice(equals + 1).trim())?.value;
  return name === '' || url === undefined ? undefined : Object.freeze({ name, url });
}

/** Only what a program needs to run at all: none of this server's settings gets into a server started from here. */
export function bareEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const needed = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SystemRoot'];
  return Object.fromEntries(needed.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
}
