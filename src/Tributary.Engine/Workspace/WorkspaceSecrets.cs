using System.Security.Cryptography;
using System.Text;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Random names and credentials. Only for the rim, where a person or a program asks for something new: what is made here enters the river as part of a
/// revision record, so replays repeat it.
/// </summary>
public static class WorkspaceSecrets
{
    /// <summary>Length of a write key in characters; Segment's have the same.</summary>
    public const int WriteKeyLength = 32;

    /// <summary>What every token made here begins with, so that scanners for leaked secrets can find it.</summary>
    public const string TokenPrefix = "trb_";

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>190 bits.</summary>
    public static string NewWriteKey() => RandomNumberGenerator.GetString(Alphabet, WriteKeyLength);

    /// <summary>22 characters, as Segment's ids of sources and destinations.</summary>
    public static string NewId() => RandomNumberGenerator.GetString(Alphabet, 22);

    public static string NewSpaceId() => "spa_" + NewId();

    /// <summary>238 bits: nobody guesses it, so a plain hash is enough to keep it.</summary>
    public static string NewToken() => TokenPrefix + RandomNumberGenerator.GetString(Alphabet, 40);

    /// <summary>How a token is kept: SHA-256, lower-case hexadecimal.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Whose token this is. Takes the same time for every token that is not known, however close it comes to one that is.</summary>
    public static Token? Find(WorkspaceSnapshot workspace, string presented)
    {
        Token? found = null;
        Span<byte> hash = stackalloc byte[64];
        Encoding.ASCII.GetBytes(HashOf(presented), hash);
        Span<byte> known = stackalloc byte[64];
        foreach (var token in workspace.Tokens)
        {
            if (token.Hash.Length != known.Length) continue;
            Encoding.ASCII.GetBytes(token.Hash, known);
            if (CryptographicOperations.FixedTimeEquals(hash, known)) found = token;
        }

        return found;
    }
}
