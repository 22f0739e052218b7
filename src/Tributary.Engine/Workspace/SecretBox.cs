using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Seals the secrets of settings, so that neither the logs nor the state store hold them in the clear: AES-256-GCM, a random nonce for each, the key from
/// the environment or from a file that only the server's user can read.
/// </summary>
/// <remarks>
/// A sealed value stands in the place of the plain one as <c>{"$sealed":"1:keyId:base64(nonce ciphertext tag)"}</c>; what is sealed is the value's JSON. The id
/// of the key (the beginning of its hash) tells a wrong key from a damaged value. Where it is kept: docs/operating.md.
/// </remarks>
public sealed class SecretBox : IDisposable
{
    /// <summary>The setting (also an environment variable) with the key: 32 bytes in base64. Without it, a file in the data folder holds one.</summary>
    public const string KeySetting = "TRIBUTARY_SECRETS_KEY";

    /// <summary>What stands in the place of a secret where settings are shown. Sent back, it leaves the secret as it is.</summary>
    public const string Mask = "••••";

    private const string SealedMember = "$sealed";
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    // The cipher is no thing for two threads at once.
    private readonly Lock _gate = new();
    private readonly AesGcm _cipher;
    private readonly string _keyId;

    private SecretBox(byte[] key)
    {
        _cipher = new AesGcm(key, TagSize);
        _keyId = Convert.ToHexStringLower(SHA256.HashData(key))[..8];
    }

    /// <summary>A box with a key given in base64, or else with the one in a file, which is made when there is none.</summary>
    /// <param name="key">The value of <see cref="KeySetting"/>; null or empty when it is not set.</param>
    /// <param name="file">Where the key is kept otherwise.</param>
    /// <exception cref="InvalidDataException">The key has not 32 bytes; the message says where it came from.</exception>
    /// <exception cref="IOException">The file can neither be read nor made.</exception>
    public static SecretBox Open(string? key, string file)
    {
        if (!string.IsNullOrWhiteSpace(key)) return new SecretBox(Parse(key, KeySetting));
        if (File.Exists(file)) return new SecretBox(Parse(File.ReadAllText(file), file));
        var fresh = RandomNumberGenerator.GetBytes(KeySize);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(file, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(fresh)));
            stream.Flush(flushToDisk: true);
        }

        return new SecretBox(fresh);
    }

    /// <summary>True for a sealed value.</summary>
    public static bool IsSealed(JsonNode? node) => node is JsonObject { Count: 1 } holder && holder[SealedMember] is JsonValue;

    /// <summary>
    /// The settings with every secret sealed. A secret that is the mask, or equal to what is sealed in <paramref name="present"/>, keeps its seal, so that
    /// settings which did not change are the same bytes.
    /// </summary>
    /// <param name="settings">Settings, secrets in the clear, sealed or masked.</param>
    /// <param name="isSecret">Whether a setting is a secret, by its name.</param>
    /// <param name="present">The stored settings.</param>
    public JsonObject Seal(JsonObject settings, Func<string, bool> isSecret, JsonObject present)
    {
        var sealedSettings = new JsonObject();
        foreach (var (name, value) in settings)
        {
            if (value is null || !isSecret(name) || IsSealed(value)) sealedSettings[name] = value?.DeepClone();
            else if (IsSealed(present[name]) && (IsMasked(value) || JsonNode.DeepEquals(value, TryUnseal(present[name]!)))) sealedSettings[name] = present[name]!.DeepClone();
            else sealedSettings[name] = Close(IsMasked(value) && present[name] is { } plain ? plain : value);
        }

        return sealedSettings;
    }

    /// <summary>The settings with every secret in the clear.</summary>
    /// <exception cref="SecretLostException">One was sealed with another key, or is damaged.</exception>
    public JsonObject Unseal(JsonObject settings)
    {
        if (!settings.Any(pair => IsSealed(pair.Value))) return settings;
        var plain = new JsonObject();
        foreach (var (name, value) in settings)
            plain[name] = !IsSealed(value) ? value?.DeepClone() : TryUnseal(value!) ?? throw new SecretLostException(name, KeyOf(value!) == _keyId);
        return plain;
    }

    /// <summary>As <see cref="Unseal"/>, with secrets that cannot be opened left out.</summary>
    public JsonObject UnsealReadable(JsonObject settings)
    {
        var plain = new JsonObject();
        foreach (var (name, value) in settings)
        {
            if (!IsSealed(value)) plain[name] = value?.DeepClone();
            else if (TryUnseal(value!) is { } open) plain[name] = open;
        }

        return plain;
    }

    /// <summary>The settings as they may be shown: sealed values, and plain ones that are secret by name, as <see cref="Mask"/>.</summary>
    public static JsonObject Masked(JsonObject settings, Func<string, bool> isSecret)
    {
        var masked = new JsonObject();
        foreach (var (name, value) in settings) masked[name] = value is not null && (IsSealed(value) || isSecret(name)) ? Mask : value?.DeepClone();
        return masked;
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher.Dispose();

    private JsonObject Close(JsonNode value)
    {
        var plain = Encoding.UTF8.GetBytes(value.ToJsonString());
        var box = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        lock (_gate) _cipher.Encrypt(box.AsSpan(0, NonceSize), plain, box.AsSpan(NonceSize, plain.Length), box.AsSpan(NonceSize + plain.Length));
        return new JsonObject { [SealedMember] = $"1:{_keyId}:{Convert.ToBase64String(box)}" };
    }

    private JsonNode? TryUnseal(JsonNode value)
    {
        var parts = ((string?)value[SealedMember] ?? "").Split(':');
        if (parts is not ["1", _, var text]) return null;
        try
        {
            var box = Convert.FromBase64String(text);
            if (box.Length < NonceSize + TagSize) return null;
            var plain = new byte[box.Length - NonceSize - TagSize];
            lock (_gate) _cipher.Decrypt(box.AsSpan(0, NonceSize), box.AsSpan(NonceSize, plain.Length), box.AsSpan(NonceSize + plain.Length), plain);
            return JsonNode.Parse(plain);
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException or JsonException)
        {
            return null;
        }
    }

    private static string? KeyOf(JsonNode value) => ((string?)value[SealedMember] ?? "").Split(':') is [_, var key, _] ? key : null;

    private static bool IsMasked(JsonNode value) => value is JsonValue text && text.TryGetValue<string>(out var shown) && shown == Mask;

    private static byte[] Parse(string text, string from)
    {
        var key = new byte[KeySize];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == KeySize
            ? key
            : throw new InvalidDataException($"{from} must hold a key of {KeySize} bytes in base64, e.g. from: openssl rand -base64 {KeySize}");
    }
}

/// <summary>A secret cannot be opened.</summary>
public sealed class SecretLostException(string name, bool isDamaged) : Exception(isDamaged
    ? $"The secret setting {name} is damaged. Set it again."
    : $"The secret setting {name} was sealed with another key. Start the server with that key, or set it again.");
