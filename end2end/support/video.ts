// Lets the browser record a real video.

import type { Page } from '@playwright/test';

/**
 * Records a video of at least `bytes` bytes, which is so large that a player fetches it piece by piece. Its pictures are
 * noise, which hardly compresses. MP4 is used since it has an index, and VP9 since every Chromium has it.
 */
export async function recordVideo(page: Page, bytes: number): Promise<Buffer> {
  const base64 = await page.evaluate(async (bytes) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 480];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const stream = canvas.captureStream();
    const recorder = new MediaRecorder(stream, { mimeType: 'video/mp4;codecs=vp9', videoBitsPerSecond: 60_000_000 });
    const parts: Blob[] = [];
    let recorded = 0;
    recorder.ondataavailable = ({ data }) => {
      parts.push(data);
      recorded += data.size;
    };
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));

    recorder.start(100);
    while (recorded < bytes) {
      for (let at = 0; at < pixels.length; at += 1) pixels[at] = (Math.random() * 2 ** 32) | 0xff000000;
      context.putImageData(image, 0, 0);
      await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await stopped;
    const reader = new FileReader();
    const read = new Promise((resolve) => (reader.onload = resolve));
    reader.readAsDataURL(new Blob(parts));
    await read;
    return (reader.result as string).replace(/^.*,/, '');
  }, bytes);
  return Buffer.from(base64, 'base64');
}
