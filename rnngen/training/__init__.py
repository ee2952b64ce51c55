"""From text and settings to a model: recipe -> plan -> run (events) -> log.

situation.py    what is known before a run: its text, the machine, the model to go on from
recipe.py       settings chosen from the situation, each by a rule and with a reason
choices.py      what the rules return
plan.py         all that a run is made from
run.py          the run as an iterator of events
events.py       what a run says as it goes
progress.py     where a run stands
schedule.py     learning rates and evaluations, counted in steps
learner.py      the part that computes: model, optimizer and carried state
threads.py      rows of a batch shared by threads
processes.py    rows of a batch shared by processes
device.py       which device, in which arithmetic, with how many threads
finetune.py     weights to begin with, from a trained model
log.py          events as log.jsonl
tensorboard.py  events for TensorBoard
"""
