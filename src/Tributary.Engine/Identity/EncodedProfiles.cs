using System.Runtime.InteropServices;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Identity;

/// <summary>
/// The changed profiles of one commit as bytes. Encoding is what a commit keeps the deciding thread waiting for, so a few threads share it. Which of them writes
/// which profile makes no difference to the bytes.
/// </summary>
internal sealed class EncodedProfiles
{
    // Fewer are encoded before another thread has woken up.
    private const int Share = 32;
    private const int BufferKeep = 16 << 20;
    private readonly Worker[] _workers = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 4)).Select(_ => new Worker())];
    private readonly List<Place> _places = [];
    private int _next;

    /// <summary>How many there are.</summary>
    public int Count => _places.Count;

    /// <summary>The bytes of one; valid until the next commit is encoded.</summary>
    public ReadOnlySpan<byte> this[int index] => _workers[_places[index].Worker].Buffer.Written.Slice(_places[index].From, _places[index].Length);

    /// <summary>The key of one.</summary>
    public byte[] KeyOf(int index) => _places[index].Key;

    /// <summary>Encodes profiles, in place of those before; nobody may change them meanwhile.</summary>
    public void Encode(IReadOnlyList<Profile> profiles)
    {
        foreach (var worker in _workers) worker.Buffer.Clear(BufferKeep);
        CollectionsMarshal.SetCount(_places, profiles.Count);
        _next = 0;
        var helpers = Math.Min(_workers.Length, (profiles.Count / Share) + 1) - 1;
        var helping = new Task[helpers];
        for (var i = 0; i < helpers; i++)
        {
            var worker = i + 1;
            helping[i] = Task.Run(() => Work(worker, profiles));
        }

        try
        {
            Work(0, profiles);
        }
        finally
        {
            // What has not begun by now is run here, and finds nothing to do.
            Task.WaitAll(helping);
        }
    }

    private void Work(int worker, IReadOnlyList<Profile> profiles)
    {
        var (encoder, buffer) = (_workers[worker].Encoder, _workers[worker].Buffer);
        var places = CollectionsMarshal.AsSpan(_places);
        while (Interlocked.Add(ref _next, Share) - Share is var from && from < profiles.Count)
        {
            for (var i = from; i < Math.Min(from + Share, profiles.Count); i++)
            {
                var start = buffer.Written.Length;
                encoder.Encode(profiles[i], buffer);
                places[i] = new Place(StateKeys.Profile(profiles[i].Space, profiles[i].Id), worker, start, buffer.Written.Length - start);
            }
        }
    }

    private readonly record struct Place(byte[] Key, int Worker, int From, int Length);

    private sealed class Worker
    {
        public ProfileEncoder Encoder { get; } = new();

        public ByteWriter Buffer { get; } = new();
    }
}
