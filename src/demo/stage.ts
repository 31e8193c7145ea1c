/** The two places of the story, each a server of its own with a store of its own, under one clock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from './client.ts';
import { freePort, type ServerProcess, startServer } from './server-process.ts';

export const CENTRE_NAME = 'Riverside Health Centre';
export const HOSPITAL_NAME = 'City University Hospital';

export interface Place {
  readonly origin: string;
  readonly client: Client;
}

export interface Stage {
  readonly centre: Place;
  readonly hospital: Place;
  /** Where the story has come to; from there time goes on as on any clock. */
  now(): Date;
  /** Sets both servers' clocks. */
  moveTo(time: Date): Promise<void>;
  stopHospital(): Promise<void>;
  /** With what it had stored. */
  startHospital(): Promise<void>;
}

interface Ports {
  /** Of the centre; another is taken where it is not free. */
  readonly port: number;
  readonly hospitalPort: number;
}

export interface Theatre {
  /** Starts both servers, in a fresh temporary folder each. */
  open(ports: Ports): Promise<Stage>;
  /** Stops both servers, those that are still starting too, and removes what they stored. */
  close(): Promise<void>;
}

interface Backstage {
  readonly folder: string;
  readonly servers: Set<Promise<ServerProcess>>;
  isClosed: boolean;
}

export function createTheatre(): Theatre {
  const backstage: Backstage = { folder: mkdtempSync(join(tmpdir(), 'pro-bridge-demo-')), servers: new Set(), isClosed: false };
  return { open: (ports) => open(backstage, ports), close: () => close(backstage) };
}

async function open(backstage: Backstage, { port, hospitalPort }: Ports): Promise<Stage> {
  const atHospital = await freePort(hospitalPort);
  const startHospital = () => start(backstage, { name: 'hospital', port: atHospital, environment: { SITE_NAME: HOSPITAL_NAME } });
  let hospital: ServerProcess | undefined = await startHospital();
  const hospitals = `${HOSPITAL_NAME}=${hospital.base}`;
  const centre = await start(backstage, { name: 'centre', port: await freePort(port), environment: { SITE_NAME: CENTRE_NAME, HOSPITALS: hospitals } });
  let ahead = 0;
  const now = (): Date => new Date(Date.now() + ahead);
  return {
    centre: { origin: centre.origin, client: createClient(centre.base) },
    hospital: { origin: hospital.origin, client: createClient(hospital.base) },
    now,
    moveTo: async (time) => {
      await Promise.all([hospital?.setClock(time), centre.setClock(time)]);
      ahead = time.getTime() - Date.now();
    },
    stopHospital: async () => {
      await hospital?.stop();
      hospital = undefined;
    },
    startHospital: async () => {
      hospital = await startHospital();
      await hospital.setClock(now());
    },
  };
}

interface Start {
  readonly name: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** The places lie in the time zone of whoever watches. */
async function start({ folder, servers, isClosed }: Backstage, { name, port, environment }: Start): Promise<ServerProcess> {
  if (isClosed) throw new Error('the demo is ending');
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const server = startServer({ port, dataDir: join(folder, name), environment: { ...environment, CLOCK: 'parent', TIME_ZONE: timeZone } });
  servers.add(server);
  return server;
}

async function close(backstage: Backstage): Promise<void> {
  const { folder, servers } = backstage;
  backstage.isClosed = true;
  const started = await Promise.allSettled(servers);
  await Promise.all(started.flatMap((server) => (server.status === 'fulfilled' ? [server.value.stop()] : [])));
  rmSync(folder, { recursive: true, force: true });
}
