// Uploads one file with tus-js-client, in its own process, so that a test can kill it:
//
//   node tus_process.mjs '{"file": …, "endpoint": …, "headers": …, "storage": …, "uploadUrl": …}'
//
// With `storage` it remembers uploads in this file and resumes the one that it finds there; with
// `uploadUrl` it resumes this upload. It prints a line of JSON for everything that happens.

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';

import * as tus from 'tus-js-client';

const { file, storage, ...options } = JSON.parse(process.argv[2]);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const upload = new tus.Upload(createReadStream(file), {
  ...options,
  ...(storage && { urlStorage: new tus.FileUrlStorage(storage) }),
  metadata: { filename: basename(file), filetype: 'application/octet-stream' },
  retryDelays: null,
  onUploadUrlAvailable: () => say({ url: upload.url }),
  onBeforeRequest: (request) => say({ method: request.getMethod(), offset: Number(request.getHeader('Upload-Offset') ?? 0) }),
  onSuccess: () => say({ done: upload.url }),
  onError: (error) => {
    say({ failed: error.message });
    process.exitCode = 1;
  },
});
const [previous] = await upload.findPreviousUploads();
if (previous !== undefined) upload.resumeFromPreviousUpload(previous);
upload.start();
