"""What a model is, without torch: its shapes, its n-gram rows, its weights at rest and at work.

shapes.py         the name and shape of every tensor
ngrams.py         which rows of the n-gram table the last tokens stand for
quantize.py       weights in fewer bits
runtime.py        the protocol by which a trained model is read
numpy_runtime.py  that protocol in NumPy (products.py, groups.py)
softmax.py        logits to log-probabilities
torch/            the same model in PyTorch, to train it
"""
