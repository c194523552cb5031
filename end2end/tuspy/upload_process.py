"""Uploads one file with tuspy, in its own process, so that a test can kill it.

    python upload_process.py ENDPOINT AUTHORIZATION FILE STORAGE CHUNK_SIZE

It resumes the upload that it finds in the storage. It prints the offset at which it begins and, at the end, the URL.
"""

import sys

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage


def main():
    endpoint, authorization, path, storage, chunk_size = sys.argv[1:]
    client = TusClient(endpoint, headers={"Authorization": authorization})
    uploader = client.uploader(path, chunk_size=int(chunk_size), store_url=True, url_storage=FileStorage(storage))
    print(uploader.offset, flush=True)
    uploader.upload()
    print(uploader.url, flush=True)


main()
