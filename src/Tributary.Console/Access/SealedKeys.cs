using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>Seals the keys of session cookies where they lie, as every other secret: who copies the data folder without the secrets' key can forge no session.</summary>
internal sealed class SealedKeys(SecretBox secrets) : IXmlEncryptor
{
    private const string Member = "key";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var box = secrets.Seal(new JsonObject { [Member] = plaintextElement.ToString(SaveOptions.DisableFormatting) }, static _ => true, []);
        return new EncryptedXmlInfo(new XElement("sealed", box.ToJsonString()), typeof(Opener));
    }

    /// <summary>Opens them; made by the framework from the name that is stored with each key.</summary>
    internal sealed class Opener(IServiceProvider services) : IXmlDecryptor
    {
        public XElement Decrypt(XElement encryptedElement)
        {
            var box = JsonNode.Parse(encryptedElement.Value)!.AsObject();
            return XElement.Parse((string)services.GetRequiredService<SecretBox>().Unseal(box)[Member]!);
        }
    }
}
