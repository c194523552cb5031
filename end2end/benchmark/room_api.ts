// Changes a room through its API, so that the page that is measured does nothing but show the changes.

export class RoomApi {
  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  /** Adds a guest without a connection; returns the token of the guest's seat. */
  async join(name: string): Promise<string> {
    const answer = await this.ask('POST', '/members', 201, { 'content-type': 'application/json' }, JSON.stringify({ name }), '');
    return ((await answer.json()) as { token: string }).token;
  }

  /** Adds a complete file of one byte; returns its ID. */
  async add(name: string): Promise<string> {
    const id = await this.create(name, 1);
    await this.append(id, 0, 1);
    return id;
  }

  /** Creates an upload without bytes; returns the file's ID. */
  async create(name: string, bytes: number): Promise<string> {
    const metadata = `filename ${Buffer.from(name).toString('base64')}`;
    const answer = await this.ask('POST', '/files', 201, { 'tus-resumable': '1.0.0', 'upload-length': `${bytes}`, 'upload-metadata': metadata });
    return answer.headers.get('location')?.split('/').at(-1) ?? '';
  }

  async append(id: string, offset: number, bytes: number): Promise<void> {
    const headers = { 'tus-resumable': '1.0.0', 'upload-offset': `${offset}`, 'content-type': 'application/offset+octet-stream' };
    await this.ask('PATCH', `/files/${id}`, 204, headers, 'x'.repeat(bytes));
  }

  async remove(id: string): Promise<void> {
    await this.ask('DELETE', `/files/${id}`, 204);
  }

  /** Downloads a whole file as the guest with this token. */
  async download(id: string, token: string): Promise<void> {
    await (await this.ask('GET', `/files/${id}`, 200, {}, undefined, token)).arrayBuffer();
  }

  async say(text: string): Promise<void> {
    await this.ask('POST', '/snippets', 201, { 'content-type': 'application/json' }, JSON.stringify({ text }));
  }

  /** Sends a request and checks its status. With an empty token the request comes from somebody without a seat. */
  private async ask(method: string, path: string, status: number, headers: Record<string, string> = {}, body?: string, token = this.token): Promise<Response> {
    const proof: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(this.address + path, { method, headers: { ...proof, ...headers }, body });
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
