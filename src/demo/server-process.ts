/** A PRO Bridge server as a process of its own, started and steered from here: for the demo, the crash loop and benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from '../config.ts';

export interface ServerProcess {
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
  /** The FHIR base, without a trailing slash. */
  readonly base: string;
  readonly pid: number;
  /** Sets the server's clock; only where it was started with CLOCK=parent. */
  setClock(now: Date): Promise<void>;
  /** Asks it to end and waits. Resolves to the exit status. */
  stop(): Promise<number | null>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until it must be ready. */
  readonly patience?: number;
  /** A program to run it under, with its arguments: a tracer. */
  readonly under?: readonly string[];
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** The port itself where it is free, any free one otherwise. */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const listening = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
  const port = (await listening(wanted)) ?? (await listening(0));
  await new Promise((resolve) => server.close(resolve));
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}

export async function startServer({ port, dataDir, environment = {}, patience = 15_000, under = [] }: StartOptions): Promise<ServerProcess> {
  const origin = `http://127.0.0.1:${port}`;
  const [program = process.execPath, ...before] = [...under, process.execPath];
  const child = spawn(program, [...before, '--max-semi-space-size=8', '--heap-growing-percent=50', MAIN, 'serve'], {
    env: { ...bareEnvironment(), HOST: '127.0.0.1', PORT: String(port), DATA_DIR: dataDir, AUTH: 'off', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = outputOf(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await ready(origin, child, { patience, output });
  const pid = under.length === 0 ? (child.pid ?? 0) : childOf(child.pid ?? 0);
  const end = (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
    return ended;
  };
  return {
    origin,
    base: `${origin}/fhir`,
    pid,
    setClock: (now) => setClock(child, now),
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
  };
}

/** The program that a tracer runs: a tracer keeps signals for itself. Linux only. */
const childOf = (tracer: number): number => Number(readFileSync(`/proc/${tracer}/task/${tracer}/children`, 'utf8').trim().split(' ')[0]);

function outputOf(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

async function ready(origin: string, child: ChildProcess, { patience, output }: { patience: number; output: () => string }): Promise<void> {
  const until = Date.now() + patience;
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended while starting:\n${output()}`);
    const answer = await fetch(`${origin}/health/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await wait(20);
  }
  child.kill('SIGKILL');
  throw new Error(`the server was not ready within ${patience} ms:\n${output()}`);
}

function setClock(child: ChildProcess, now: Date): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve());
    child.send({ clock: now.toISOString() }, (error) => error && reject(error));
  });
}
