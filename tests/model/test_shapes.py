"""The tensors of a model, counted by hand."""

from rnngen.config import ModelConfig
from rnngen.model.shapes import parameter_count, tensor_shapes


def test_a_small_lstm_has_the_tensors_its_equations_name() -> None:
    config = ModelConfig(7, cell="lstm", embedding_dim=3, hidden_size=5, num_layers=2)
    assert tensor_shapes(config) == {
        "embedding.weight": (7, 3),
        "layers.0.weight_ih_l0": (20, 3),
        "layers.0.weight_hh_l0": (20, 5),
        "layers.0.bias_ih_l0": (20,),
        "layers.0.bias_hh_l0": (20,),
        "norms.0.weight": (5,),
        "norms.0.bias": (5,),
        "layers.1.weight_ih_l0": (20, 5),
        "layers.1.weight_hh_l0": (20, 5),
        "layers.1.bias_ih_l0": (20,),
        "layers.1.bias_hh_l0": (20,),
        "norms.1.weight": (5,),
        "norms.1.bias": (5,),
        "output.weight": (7, 5),
        "output.bias": (7,),
    }
    assert parameter_count(config) == 21 + 20 * 10 + 10 + 20 * 12 + 10 + 35 + 7


def test_a_gru_has_three_gates_and_a_tied_model_one_matrix_less() -> None:
    config = ModelConfig(
        7, cell="gru", embedding_dim=5, hidden_size=5, num_layers=1, tie_weights=True, norm=False
    )
    assert tensor_shapes(config) == {
        "embedding.weight": (7, 5),
        "layers.0.weight_ih_l0": (15, 5),
        "layers.0.weight_hh_l0": (15, 5),
        "layers.0.bias_ih_l0": (15,),
        "layers.0.bias_hh_l0": (15,),
        "output.bias": (7,),
    }
    assert parameter_count(config) == 35 + 15 * 12 + 7
