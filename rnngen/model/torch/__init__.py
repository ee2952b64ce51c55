"""The model in PyTorch: rnnlm.py is the whole of it, gru.py and dropout.py are its parts."""
