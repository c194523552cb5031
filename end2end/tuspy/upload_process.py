"""A process of its own that uploads one file with tuspy, and knows only what is on its disk.

    python upload_process.py ENDPOINT AUTHORIZATION FILE STORAGE CHUNK_SIZE

It goes on with what it finds in the storage. Prints the offset at which it begins, and the address at its end.
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
