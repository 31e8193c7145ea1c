/**
 * Unpacks the Chromium that npm installed into the folder TMPDIR names, once, and prints the path of the program.
 * A process of its own because the package reads TMPDIR and the runtime's name from the real environment.
 */
import chromium from '@sparticuz/chromium';

process.stdout.write(await chromium.executablePath());
