"""The networks of the first design: shapes, counts, calls of earlier users, and that both stages learn."""

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.forensics.degrade import PreprocessingPipeline
from tests.photographs import still

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def pictures():
    return [still(name, width=96, height=80) for name in ("china.jpg", "flower.jpg")] * 2


@pytest.fixture(scope="module")
def network(torch):
    from indelible.forensics.networks.two_stream import CompressionResilientNetwork

    torch.manual_seed(1)
    return CompressionResilientNetwork(embedding_dim=512, num_classes=2).eval()


def test_counts_of_parameters_are_the_documented_ones(network):
    from indelible.forensics.networks.trace import parameter_count

    assert parameter_count(network.embedder) == 1_435_648
    assert parameter_count(network.denoiser) == 9_712_003
    assert parameter_count(network) == 17_964_677


def test_the_calls_of_earlier_users(torch, network, pictures):
    from indelible.forensics.networks.two_stream import ResilientEmbedder, extract_resilient_features

    pipeline = PreprocessingPipeline(image_size=224, augment=True)
    batch = torch.from_numpy(pipeline.preprocess_batch(pictures[:2]))
    logits, restored = network(batch, return_reconstruction=True)
    assert (tuple(logits.shape), tuple(restored.shape)) == ((2, 2), (2, 3, 224, 224))
    assert float(restored.detach().abs().max()) <= 1.0
    assert torch.equal(network(batch), logits)
    assert tuple(network.denoiser.encode(batch).shape) == (2, 256, 7, 7)
    embedder = ResilientEmbedder(embedding_dim=512).train()
    features = extract_resilient_features(embedder, batch.numpy())
    assert tuple(features.shape) == (2, 512)
    assert torch.allclose(features.norm(dim=1), torch.ones(2), atol=1e-5)
    assert embedder.training
    assert torch.equal(extract_resilient_features(network, batch), extract_resilient_features(network.embedder, batch))


def test_the_residual_of_a_flat_picture_is_nothing_up_to_the_border(torch, network):
    flat = torch.full((1, 3, 32, 32), 0.4)
    assert float(network.embedder.extract_noise_residual(flat).abs().max()) < 1e-6


def test_wrong_networks_shapes_and_sizes_are_refused(torch, network):
    from indelible.forensics.networks.two_stream import ResilientEmbedder, extract_resilient_features

    with pytest.raises(InputError, match="Linear gives no embeddings"):
        extract_resilient_features(torch.nn.Linear(2, 2), torch.zeros(1, 3, 32, 32))
    with pytest.raises(InputError, match=r"images have shape \(3, 32, 32\)"):
        extract_resilient_features(network, torch.zeros(3, 32, 32))
    with pytest.raises(InputError, match="even numbers"):
        ResilientEmbedder(embedding_dim=7)


def test_both_stages_learn_and_the_same_by_seed(torch, pictures):
    from indelible.forensics.networks.two_stream import CompressionResilientNetwork
    from indelible.forensics.training.stages import Stage, train_classifier, train_reconstruction

    def trained():
        torch.manual_seed(2)
        network = CompressionResilientNetwork()
        lines = []
        first = train_reconstruction(network, pictures, Stage(epochs=3, batch=2), progress=lines.append)
        second = train_classifier(network, pictures, [0, 1, 0, 1], Stage(epochs=2, learning_rate=1e-4, batch=3))
        return first, second, lines

    first, second, lines = trained()
    assert first[-1] < first[0]
    assert np.isfinite(second).all()
    assert lines[-1].startswith("epoch 3 of 3")
    assert trained()[:2] == (first, second)


def test_stages_refuse_what_cannot_be_trained_on(network, pictures):
    from indelible.forensics.training.stages import Stage, train_classifier, train_reconstruction

    with pytest.raises(InputError, match="at least two"):
        train_reconstruction(network, pictures[:1])
    with pytest.raises(InputError, match="one for each"):
        train_classifier(network, pictures, [0])
    with pytest.raises(InputError, match="batch 1"):
        Stage(batch=1)
