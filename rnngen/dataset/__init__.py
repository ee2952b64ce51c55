"""A corpus as token ids: made once, kept on disk, found again, and read as batches.

store.py    the ids of a corpus in a folder, memory-mapped
encode.py   text to ids, by as many processes as it pays
mapped.py   files of numbers, read without loading them
cache.py    tokenizers and stores found again by what they were made from
batches.py  ids as contiguous streams, in an order that is a function of (seed, epoch)
"""
