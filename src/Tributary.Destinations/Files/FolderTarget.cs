using System.Text;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Destinations.Files;

/// <summary>
/// Writes into a folder. A file appears under its name when all of it is on the disk: it is written under a name that begins with a dot, flushed, renamed, and the
/// folder is flushed.
/// </summary>
internal sealed class FolderTarget(string folder, bool isDryRun) : IFileTarget
{
    public async ValueTask<DeliveryOutcome> PutAsync(ReadyFile file, WireTrace trace, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file.Name);
        var outcome = isDryRun ? DeliveryOutcome.Delivered : await WriteAsync(path, file.Content, cancellationToken);
        var isDone = outcome.Verdict == DeliveryVerdict.Delivered;
        if (isDone && !trace.KeepsSuccess && !isDryRun) return outcome;
        trace.Add(new WireExchange("WRITE", $"file://{path}", [new("Content-Type", file.ContentType)], file.Content, isDone ? 200 : 0, [], isDone ? Encoding.UTF8.GetBytes("{}") : default, outcome.Detail));
        return outcome;
    }

    private static async ValueTask<DeliveryOutcome> WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(path)!;
        var hidden = Path.Combine(parent, $".{Path.GetFileName(path)}.part");
        try
        {
            MakeFolder(parent);
            await using (var stream = new FileStream(hidden, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous))
            {
                await stream.WriteAsync(content, cancellationToken);
                NativeFile.FlushData(stream.SafeFileHandle);
            }

            File.Move(hidden, path, overwrite: true);
            NativeFile.FlushFolder(parent);
            return DeliveryOutcome.Delivered;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Forget(hidden);
            // A disk that is full and a folder that may not be written are mended by the operator, and the events have time until then.
            return DeliveryOutcome.RetryLater(failure is UnauthorizedAccessException ? "folder_forbidden" : "folder_unwritable", detail: failure.Message);
        }
        catch (OperationCanceledException)
        {
            Forget(hidden);
            throw;
        }
    }

    // A new folder is only there for certain when its parent has been flushed.
    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        var parent = Path.GetDirectoryName(path)!;
        MakeFolder(parent);
        Directory.CreateDirectory(path);
        NativeFile.FlushFolder(parent);
    }

    private static void Forget(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next write of the same events replaces it.
        }
    }
}
