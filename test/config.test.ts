import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, help, readConfig, settings } from '../src/config.ts';

test('without any variable the defaults hold', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    baseUrl: undefined,
    dataDir: './data',
    database: { kind: 'sqlite', file: 'data/pro-bridge.sqlite' },
    auth: 'smart',
    logLevel: 'info',
    siteName: 'PRO Bridge',
    timeZone: 'UTC',
    workingHours: undefined,
    instruments: undefined,
    emergencyNumber: undefined,
    crisisNumber: undefined,
    namePinyin: 'off',
    outOfHoursContact: undefined,
    hospitals: [],
    pullInterval: 0,
    references: 'checked',
    requiredProfiles: new Map(),
    unknownProfiles: 'warning',
    unknownQuestionnaires: 'error',
    updateCreate: 'on',
    conditionalDelete: 'single',
    terminologyServer: undefined,
    clock: 'system',
    maxBody: 10_485_760,
  });
});

test('the configuration is frozen', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

test('good values are read', () => {
  const config = readConfig({
    HOST: '0.0.0.0',
    PORT: '0',
    BASE_URL: 'https://phc.example/fhir/',
    DATA_DIR: '/var/lib/x',
    DATABASE_URL: 'memory:',
    TIME_ZONE: 'Asia/Shanghai',
    WORKING_HOURS: 'Sun-Thu 07:30-24:00',
    EMERGENCY_NUMBER: '120',
    HOSPITALS: 'Tertiary=http://127.0.0.1:9000/fhir/, Other = https://other.example/r4',
    AUTH: ' smart ',
  });
  expect(config).toMatchObject({
    port: 0,
    baseUrl: 'https://phc.example/fhir',
    database: { kind: 'memory' },
    timeZone: 'Asia/Shanghai',
    workingHours: { days: [7, 1, 2, 3, 4], from: '07:30', to: '24:00' },
    emergencyNumber: '120',
    hospitals: [
      { name: 'Tertiary', url: 'http://127.0.0.1:9000/fhir' },
      { name: 'Other', url: 'https://other.example/r4' },
    ],
  });
  expect(readConfig({ DATA_DIR: '/srv', DATABASE_URL: '' }).database).toEqual({ kind: 'sqlite', file: '/srv/pro-bridge.sqlite' });
  expect(readConfig({ DATABASE_URL: 'sqlite:/x/y.db' }).database).toEqual({ kind: 'sqlite', file: '/x/y.db' });
});

describe('a wrong value is one sentence with the variable, the value and what is allowed', () => {
  test.each([
    ['PORT', '80a', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['HOST', 'a b', 'an address or host name'],
    ['BASE_URL', 'ftp://x', 'an http or https URL without query'],
    ['BASE_URL', 'http://x/fhir?y', 'an http or https URL without query'],
    ['DATABASE_URL', 'postgres://x', 'sqlite:<file> or memory:'],
    ['AUTH', 'on', 'smart or off'],
    ['AUTH', 'constructor', 'smart or off'],
    ['LOG_LEVEL', 'loud', 'silent, error, warn, info or debug'],
    ['TIME_ZONE', 'Oslo', 'an IANA time zone'],
    ['WORKING_HOURS', '8-16', 'as in mon-fri 08:00-16:00'],
    ['WORKING_HOURS', 'mon-fri 16:00-08:00', 'as in mon-fri 08:00-16:00'],
    ['WORKING_HOURS', 'mon-fri 08:00-24:30', 'as in mon-fri 08:00-16:00'],
    ['HOSPITALS', 'http://x.example', 'name=url'],
    ['HOSPITALS', 'a=http://x.example,a=http://y.example', 'name=url'],
    ['PULL_INTERVAL', '-1', 'a whole number of minutes'],
    ['REFERENCES', 'maybe', 'checked or free'],
    ['MAX_BODY', '10MB', 'a whole number of bytes'],
  ])('%s=%s', (name, value, allowed) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name} is ${JSON.stringify(value)}; allowed: `);
    expect(read).toThrow(allowed);
  });
});

describe('AUTH=off', () => {
  test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1'])('listens on %s', (HOST) => {
    expect(readConfig({ AUTH: 'off', HOST }).host).toBe(HOST);
  });

  test.each(['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.evil.example', 'example.org'])('refuses %s', (HOST) => {
    expect(() => readConfig({ AUTH: 'off', HOST })).toThrow(`HOST is "${HOST}" with AUTH "off"; allowed: a loopback address`);
  });

  test('has example numbers, marked as such, where none are given', () => {
    expect(readConfig({ AUTH: 'off', CRISIS_NUMBER: '116 123' })).toMatchObject({
      emergencyNumber: '000 (example)',
      crisisNumber: '116 123',
      outOfHoursContact: '002 (example)',
    });
  });
});

test('another process may set the clock only where nobody else is served', () => {
  expect(readConfig({ CLOCK: 'parent', AUTH: 'off' }).clock).toBe('parent');
  expect(() => readConfig({ CLOCK: 'parent' })).toThrow('CLOCK is "parent" with AUTH "smart"; allowed: system.');
});

test('profiles that a type must conform to are named one by one', () => {
  const { requiredProfiles } = readConfig({ REQUIRED_PROFILES: 'Patient=http://x.example/a|1.0, Patient=http://x.example/b,Observation=urn:oid:1.2' });
  expect(Object.fromEntries(requiredProfiles)).toEqual({ Patient: ['http://x.example/a|1.0', 'http://x.example/b'], Observation: ['urn:oid:1.2'] });
  expect(() => readConfig({ REQUIRED_PROFILES: 'patient' })).toThrow('REQUIRED_PROFILES is "patient"; allowed: type=canonical');
});

test('--help names each setting with its text, type and default', () => {
  const text = help();
  for (const setting of settings()) {
    for (const part of [setting.name, setting.text, setting.type, setting.preset]) expect(text).toContain(part);
  }
});

test('docs/configuration.md holds the same rows', () => {
  const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
  const rows = settings().map(({ name, type, preset, text }) => `| \`${name}\` | ${preset === '' ? '–' : `\`${preset}\``} | ${type} | ${text} |`);
  const table = ['| variable | default | allowed | what it does |', '|---|---|---|---|', ...rows].join('\n');
  expect(page).toContain(table);
});
