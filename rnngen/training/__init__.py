"""From what a user asks for to a model: request -> recipe -> plan -> run (events) -> log.

request.py      what a user asks for, checked
launch.py       a request as a run under way: new, resumed, or started again by torchrun

situation.py    what is known before a run: its text, the machine, the model to go on from
recipe.py       settings chosen from the situation, each by a rule and with a reason
choices.py      what the rules return
plan.py         all that a run is made from
divided_text.py its text as tokens, to train on and held out
finetune.py     weights to begin with, from a trained model

run.py          the run as an iterator of events: a loop over the parts below
progress.py     where a run stands, and for how long it has trained
schedule.py     learning rates and evaluations, counted in steps
step_budget.py  how many steps a run has, measured where it has minutes
evaluator.py    held-out text is read, the best model kept
limit.py        what limited the run: text, time, size, dropout, or an odd text
state.py        all that a run needs to go on, saved and taken up again

learner.py      the part that computes: model, optimizer and carried state
adamw.py        the optimizer
memory.py       whether it fits into this machine
threads.py      rows of a batch shared by threads
processes.py    rows of a batch shared by processes
device.py       which device, in which arithmetic, with how many threads

events.py       what a run says as it goes, and who listens
reporter.py     events, with the place in the run where they happen
log.py          events as log.jsonl
tensorboard.py  events for TensorBoard
"""
