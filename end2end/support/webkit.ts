// Runs WebKitGTK, whose engine is that of Safari, with its own driver on a screen that nobody sees.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Builder, By, Capabilities, Key, type WebDriver, type WebElement, error } from 'selenium-webdriver';

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
/** The authorities that the system trusts. */
const SYSTEM_LIST = '/etc/ssl/certs/ca-certificates.crt';
/** How long an element is waited for. */
const PATIENCE_MS = 20_000;

/** A browser of one person. */
export class WebKit {
  private constructor(
    readonly driver: WebDriver,
    /** The folder of what belongs to this person, such as downloads. */
    readonly home: string,
    private readonly address: string,
    private readonly processes: ChildProcess[],
  ) {}

  /** Starts a browser with a window of this size, whose relative addresses lead to this one. It trusts the authority whose
   *  certificate is in the file that is named, if any. */
  static async start(address: string, { width = 447, height = 844, language = 'en_US', authority = '' } = {}): Promise<WebKit> {
    const home = await mkdtemp(join(tmpdir(), 'snapdrop-webkit-'));
    // The screen takes the first number that is free, and writes it to this pipe.
    const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const [number] = (await once(screen.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
    const port = await freePort();
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, DISPLAY: `:${number.toString().trim()}`, LANG: `${language}.UTF-8`, LANGUAGE: language, GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' };
    const [program, ...given] = [...(authority === '' ? [] : await trusting(authority, home)), 'WebKitWebDriver', `--port=${port}`, '--host=127.0.0.1'];
    const driven = spawn(program, given, { env, stdio: 'ignore' });
    await listens(port).catch((error: unknown) => {
      for (const each of [driven, screen]) each.kill();
      throw error;
    });
    const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] } });
    const driver = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
    await driver.manage().window().setRect({ width, height, x: 0, y: 0 });
    return new WebKit(driver, home, address, [driven, screen]);
  }

  async open(path: string): Promise<void> {
    await this.driver.get(this.address + path);
  }

  /** The first shown element that this selector finds. */
  shown(css: string): Promise<WebElement> {
    return this.found(css, 'return [...document.querySelectorAll(arguments[0])].find((each) => each.checkVisibility())', css);
  }

  /** Waits until a script finds an element. While another page comes, an element may be gone before the driver has named it. */
  private async found(what: string, script: string, ...values: string[]): Promise<WebElement> {
    const look = () =>
      this.driver.executeScript<WebElement | null>(script, ...values).catch((failure: Error) => {
        if (failure instanceof error.StaleElementReferenceError) return null;
        throw failure;
      });
    return (await this.driver.wait(look, PATIENCE_MS, `${what} to be shown`)) as WebElement;
  }

  /** Waits until a text stands in the element that this selector finds. */
  async reads(css: string, text: string): Promise<void> {
    let seen = '';
    const isThere = async () => {
      seen = await this.text(css);
      return seen.includes(text);
    };
    await this.driver.wait(isThere, PATIENCE_MS).catch(() => {
      throw new Error(`${css} does not say ${text}, but: ${seen}`);
    });
  }

  /** The text of the element that this selector finds; empty if there is none. */
  text(css: string): Promise<string> {
    return this.driver.executeScript('return document.querySelector(arguments[0])?.innerText ?? ""', css);
  }

  /** Presses the shown button or link with this text or name. */
  async press(name: string, within = 'body'): Promise<void> {
    const script = `const [name, within] = arguments;
      return [...document.querySelectorAll(within + ' :is(button, a, summary, label)')]
        .find((each) => (each.innerText.trim() === name || each.getAttribute('aria-label') === name) && each.checkVisibility())`;
    await (await this.found(`a button ${name}`, script, name, within)).click();
  }

  async type(css: string, text: string): Promise<void> {
    await (await this.shown(css)).sendKeys(text);
  }

  async escape(): Promise<void> {
    await this.driver.actions().sendKeys(Key.ESCAPE).perform();
  }

  /** Gives files to the page's field for files. */
  async give(...paths: string[]): Promise<void> {
    await this.driver.findElement(By.css('input[type=file]:not([webkitdirectory])')).sendKeys(paths.join('\n'));
  }

  /** The size of an element on the screen. */
  async size(css: string): Promise<{ width: number; height: number }> {
    await this.shown(css);
    return this.driver.executeScript('return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()', css);
  }

  async dispose(): Promise<void> {
    await this.driver.quit();
    for (const each of this.processes) {
      if (each.exitCode !== null || each.signalCode !== null) continue;
      each.kill();
      await once(each, 'exit');
    }
    // Processes of the browser may write their last files meanwhile.
    await rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The beginning of a command that runs a program on a system which trusts one authority more. WebKitGTK asks the system alone; only
 *  the program sees the file that takes the place of the system's list. */
async function trusting(authority: string, home: string): Promise<string[]> {
  const list = join(home, 'authorities.pem');
  await writeFile(list, (await readFile(SYSTEM_LIST, 'utf8')) + (await readFile(authority, 'utf8')));
  return ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', list, SYSTEM_LIST];
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Waits until a program listens on this port. */
async function listens(port: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/status`);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
