"""Every reader of files, on files that no program wrote: `python -m tests.fuzz`, `make fuzz`.

cases.py        bytes changed at random, and texts put together from what a format is made of
written.py      files with a digest that fits whatever they say
readers.py      the readers of rnngen's own files, with files to begin from
text_readers.py the readers of texts
worker.py       a process that reads case after case
campaign.py     the processes, what became of each case, and what is kept of a failure
"""
