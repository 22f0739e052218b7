using Tributary.Model;

namespace Tributary.Destinations.Files;

/// <summary>Where files go: a folder, or a bucket.</summary>
internal interface IFileTarget
{
    /// <summary>Writes a file as a whole; one of the same name is replaced at once or not at all. Failure is an outcome.</summary>
    ValueTask<DeliveryOutcome> PutAsync(ReadyFile file, WireTrace trace, CancellationToken cancellationToken);
}
