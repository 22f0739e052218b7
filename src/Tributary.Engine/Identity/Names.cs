using System.Collections.Concurrent;
using System.Text;

namespace Tributary.Engine.Identity;

/// <summary>
/// One string per name of a trait or identifier type, found from UTF-8 without making one. Bounded: beyond it, names are made anew each time, so that
/// a sender of random names costs garbage and not memory.
/// </summary>
internal static class Names
{
    private const int CountMax = 100_000;
    private static readonly ConcurrentDictionary<byte[], string> Known = new(BytesComparer.Instance);
    private static readonly ConcurrentDictionary<byte[], string>.AlternateLookup<ReadOnlySpan<byte>> Lookup = Known.GetAlternateLookup<ReadOnlySpan<byte>>();
    private static int _count;

    public static string Intern(ReadOnlySpan<byte> utf8)
    {
        if (Lookup.TryGetValue(utf8, out var name)) return name;
        name = Encoding.UTF8.GetString(utf8);
        if (Volatile.Read(ref _count) < CountMax && Known.TryAdd(utf8.ToArray(), name)) Interlocked.Increment(ref _count);
        return name;
    }
}
