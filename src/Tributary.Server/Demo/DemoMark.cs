using System.Text.Json;

namespace Tributary.Server.Demo;

/// <summary>
/// What a data folder remembers of its demo (<c>demo.json</c>): from the same three values comes the same shop, message ids included, so that a demo that was
/// cut short is sent again and deduplication drops what was already there.
/// </summary>
/// <param name="Seed">What the shop was invented from.</param>
/// <param name="People">How many people it has.</param>
/// <param name="Now">When it was first started; the history ends there.</param>
/// <param name="IsComplete">True when the whole history has been sent.</param>
internal sealed record DemoMark(int Seed, int People, DateTimeOffset Now, bool IsComplete)
{
    private const string FileName = "demo.json";

    /// <summary>The mark of a folder; null when no demo was started there.</summary>
    /// <exception cref="JsonException">The file is not one of ours.</exception>
    public static DemoMark? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize<DemoMark>(File.ReadAllText(path)) : null;
    }

    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        // Whole or not at all.
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>True when the folder holds the data of a server.</summary>
    public static bool HoldsData(string folder) => Directory.Exists(Path.Combine(folder, "received"));
}
